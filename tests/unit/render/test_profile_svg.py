# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture is well formed, says in words what it shows, and keeps within its frame."""

from __future__ import annotations

import re
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from ansible_collections.hardened.librespot.plugins.module_utils.model.limits import Limits
from ansible_collections.hardened.librespot.plugins.module_utils.model.profile import DECODE_LIKE, IDLE, Course, Figures
from ansible_collections.hardened.librespot.plugins.module_utils.model.profile_record import Made, profile_data
from ansible_collections.hardened.librespot.plugins.module_utils.render.profile_svg import profile_svg
from ansible_collections.hardened.librespot.plugins.module_utils.render.profile_table import profiles_table

SVG = "{http://www.w3.org/2000/svg}"


def profile(**used: float) -> dict[str, Any]:
    values = {key: Figures(most / 4, most / 2, most, most, 60) for key, most in used.items()}
    made = Made("kitchen", "systemd", "0.8.0-x", "2026-11-28T04:00:00Z", 2, 60.0, 1.0, 50)
    return profile_data(made, [Course(IDLE, 60, 60, values), Course(DECODE_LIKE, 60, 60, values)], Limits(), ["A note"])


ALL = {"memory": 40.0 * 1024**2, "cpu": 10.0, "cpu_burst": 30.0, "tasks": 20.0, "files": 24.0}


@pytest.mark.parametrize("used", [ALL, {}, {"memory": 1e12}, {"cpu": 0.0}], ids=["all", "nothing", "much", "idle"])
def test_it_is_a_picture_with_a_title_and_words(used: dict[str, float]) -> None:
    root = fromstring(profile_svg(profile(**used), "p1"))
    assert (root.tag, root.get("role"), root.get("aria-labelledby")) == (f"{SVG}svg", "img", "p1-title p1-about")
    title, about = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert title.text == "kitchen: use against limits"
    assert about is not None
    assert about.text is not None
    assert about.text.count("limit") >= 4
    width = float(root.get("width", "0"))
    for item in root.iter(f"{SVG}rect"):
        assert 0 <= float(item.get("x", "0")) + float(item.get("width", "0")) <= width
    for item in root.iter(f"{SVG}line"):
        assert 0 <= float(item.get("x1", "0")) <= width


def test_limits_and_what_is_recommended_are_lines_at_their_places() -> None:
    root = fromstring(profile_svg(profile(**ALL)))
    limits = [item for item in root.iter(f"{SVG}line") if item.get("class") == "lsp-limit"]
    wanted = [item for item in root.iter(f"{SVG}line") if item.get("class") == "lsp-new"]
    # One of each is the legend's.
    assert len(limits) - 1 == 4
    assert len(wanted) - 1 == len(profile(**ALL)["recommended"]) > 0


def test_it_follows_the_readers_scheme_and_styles_nothing_else() -> None:
    text = profile_svg(profile(**ALL))
    assert "@media (prefers-color-scheme:dark)" in text
    style = text[text.index("<style>") + 7 : text.index("</style>")]
    selectors = re.findall(r"(?:^|[}{])\s*([^{}@]+)\{", style.replace("@media (prefers-color-scheme:dark){", ""))
    assert selectors
    assert all(item.strip().startswith(".lsp-profile") for item in selectors)
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_what_stands_in_a_profile_is_text() -> None:
    hostile = {**profile(**ALL), "name": "<script>\x1b[31m", "at": "&"}
    text = profile_svg(hostile)
    fromstring(text)
    assert "<script>" not in text
    assert "\x1b" not in text
    assert "\x1b" not in profiles_table([hostile])


def test_the_table_has_the_figures_the_advice_and_what_the_load_is_not() -> None:
    text = profiles_table([profile(**ALL)])
    assert "memory (MiB)" in text
    assert re.search(r"decode_like +cpu \(% of one processor\) +2\.5 +5 +10 +10 +60", text)
    assert re.search(r"memory +192M +64M +40\.0 MiB at most", text) or "MiB at most" in text
    assert "It is not the decoding of music" in text
    assert "- A note" in text
