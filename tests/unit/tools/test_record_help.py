# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recording help: what differs from build to build is left out, and only a librespot is recorded."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools.lab.cache import Cache
from tools.lab.errors import LabError
from tools.lab.progress import Progress
from tools.record_help import build, help_of, main, record

LIBRESPOT = """#!/bin/sh
env | grep -q ^LIBRESPOT_ && exit 3
echo 'librespot 0.8.0 abc123 (Built on 2026-01-02, Build ID: x, Profile: debug)'
printf '\\nUsage: librespot\\n  trailing  \\n\\n'
"""
CARGO = """#!/bin/sh
for last; do :; done
mkdir -p "$last/bin"
echo "$@" > "$last/bin/librespot"
"""


def script(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def test_what_differs_from_build_to_build_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBRESPOT_VERSION", "0.8.0")
    recorded = record(script(tmp_path / "other-name", LIBRESPOT), tmp_path)
    assert recorded == tmp_path / "0.8.0.txt"
    assert recorded.read_text(encoding="utf-8") == "librespot 0.8.0\n\nUsage: librespot\n  trailing\n"


@pytest.mark.parametrize("text", ["#!/bin/sh\necho spotifyd 0.4.0\n", "#!/bin/sh\nexit 1\n", "not a program"])
def test_only_a_librespot_is_recorded(tmp_path: Path, text: str) -> None:
    with pytest.raises(LabError, match="Give the path of a librespot"):
        help_of(script(tmp_path / "program", text))


def test_a_failure_is_said_and_is_the_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "missing")]) == 1
    assert "missing" in capsys.readouterr().err


def test_a_build_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    cargo = script(programs / "cargo", CARGO)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    cache = Cache(tmp_path / "cache", Progress(quiet=True))
    built = build("0.8.0", cache, Progress(quiet=True))
    assert "install librespot --version 0.8.0 --locked" in built.read_text(encoding="utf-8")
    cargo.unlink()
    assert build("0.8.0", cache, Progress(quiet=True)) == built
