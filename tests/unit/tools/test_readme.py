# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from tools import readme


def test_markup_becomes_markdown_that_fits_a_cell() -> None:
    text = "See M(hardened.librespot.unit) and P(hardened.librespot.librespot#role);\n C(a|b), with V(absent)."
    assert readme.markdown(text) == (
        "See `hardened.librespot.unit` and `hardened.librespot.librespot`; `a\\|b`, with `absent`."
    )


def test_a_part_is_replaced_and_the_rest_left_alone() -> None:
    text = "before\n<!-- roles: made -->\nold\n<!-- end of roles -->\nafter\n"
    once = readme.filled(text, "roles", ["new \\1"])
    assert once == "before\n<!-- roles: made -->\n\nnew \\1\n\n<!-- end of roles -->\nafter\n"
    assert readme.filled(once, "roles", ["new \\1"]) == once


@pytest.mark.parametrize(
    "text", ["no place", "<!-- roles: made -->\n", "<!-- roles: a -->\n<!-- end of roles -->\n" * 2]
)
def test_a_part_without_one_place_is_an_error(text: str) -> None:
    with pytest.raises(readme.OutOfPlaceError):
        readme.filled(text, "roles", [])


def test_documentation_is_read_without_running_the_module(tmp_path: Path) -> None:
    module = tmp_path / "sample.py"
    module.write_text('DOCUMENTATION = r"""\nshort_description: Sample\n"""\nraise SystemExit\n', encoding="utf-8")
    assert readme.documentation(module) == {"short_description": "Sample"}
