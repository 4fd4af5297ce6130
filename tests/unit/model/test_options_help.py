# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option table against the recorded help of the real programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.options_table import BY_NAME, OPTIONS
from tools.option_help import disagreements, parse
from tools.record_help import BUILDS, RECORDS

RECORDED = sorted(RECORDS.glob("*.txt"))


@pytest.mark.parametrize("record", RECORDED, ids=lambda path: path.stem)
def test_table_is_what_the_program_says(record: Path) -> None:
    assert disagreements(record.read_text(encoding="utf-8"), record.stem) == []


def test_every_supported_version_is_recorded_in_full() -> None:
    counts = {path.stem: len(parse(path.read_text(encoding="utf-8"))) for path in RECORDED}
    assert counts == {"0.6.0": 49, "0.7.1": 50, "0.8.0": 51}
    assert counts.keys() == BUILDS.keys()


def test_another_version_is_told_apart() -> None:
    text = (RECORDS / "0.8.0.txt").read_text(encoding="utf-8")
    assert disagreements(text, "0.7.1") == ["local-file-dir is in the help only"]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("-b, --bitrate", "-w, --bitrate", "bitrate: short letter: help 'w', table 'b'"),
        ("{96|160|320}", "{96|160|640}", "bitrate: choices: help ['160', '640', '96'], table ['160', '320', '96']"),
        ("Defaults to 160.", "Defaults to 320.", "bitrate: default: help '320', table '160'"),
        ("from 0.0 to 100.0", "from 0.0 to 90.0", "volume-range: range: help (0.0, 90.0), table (0, 100)"),
        ("--group ", "--group GROUP ", "group: has a value: help True, table False"),
    ],
)
def test_a_change_in_the_program_is_noticed(old: str, new: str, found: str) -> None:
    text = (RECORDS / "0.8.0.txt").read_text(encoding="utf-8")
    assert disagreements(text.replace(old, new), "0.8.0") == [found]


def test_a_build_without_passthrough_lacks_the_option() -> None:
    text = (RECORDS / "0.8.0.txt").read_text(encoding="utf-8")
    assert disagreements(text, "0.8.0", frozenset({"alsa-backend"})) == ["passthrough is in the help only"]


def test_names_and_letters_are_unique() -> None:
    letters = [option.short for option in OPTIONS if option.short]
    assert len(BY_NAME) == len(OPTIONS)
    assert len(letters) == len(set(letters))
