# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

from tools.checks import surroundings
from tools.lab.cache import Cache
from tools.lab.progress import Progress
from tools.lab.venv import Environment


def test_shims_give_way_to_the_interpreters_behind_them(tmp_path: Path) -> None:
    for version in ("2.7.18", "3.9.18", "3.13.0"):
        (tmp_path / "versions" / version / "bin").mkdir(parents=True)
    path = surroundings.interpreters(f"/first:{tmp_path}/shims:/last")
    assert path == f"/first:{tmp_path}/versions/3.13.0/bin:{tmp_path}/versions/3.9.18/bin:/last"


def test_a_directory_that_is_only_called_shims_stays() -> None:
    assert surroundings.interpreters("/opt/none/shims:/bin") == "/opt/none/shims:/bin"


def test_settings_of_the_caller_for_the_tools_do_not_reach_a_stage(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", Progress(quiet=True))
    environment = Environment(tmp_path / "venv", tmp_path / "tree", tmp_path / "collections")
    caller = {"PATH": "/bin", "ANSIBLE_STDOUT_CALLBACK": "json", "PYTHONPATH": "/elsewhere", "LANG": "C.UTF-8"}
    found = surroundings.variables(caller, environment, cache)
    assert "ANSIBLE_STDOUT_CALLBACK" not in found
    assert found["PYTHONPATH"] == str(tmp_path / "tree")
    assert found["LANG"] == "C.UTF-8"
    assert found["PATH"] == f"{tmp_path}/venv/bin:/bin"
