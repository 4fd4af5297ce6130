# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of a rollout: whole at every moment, one run at a time, and free when its run has died."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.rollout import (
    PRODUCTION,
    SWITCHING,
    HostState,
    Looked,
    Release,
)
from ansible_collections.hardened.librespot.plugins.plugin_utils.rollout_store import Store, default_directory, process

ME = process(os.getpid())
STATE = HostState(PRODUCTION, Release("n", "0.8.0"), Release("o", "0.7.1"), step=SWITCHING)


def store(directory: Path, owner: dict[str, str] | None = None, check: bool = False) -> Store:
    return Store(str(directory), "speakers", owner or ME, check)


def test_what_was_changed_is_there_for_the_next_run(tmp_path: Path) -> None:
    first = store(tmp_path / "new")
    first.open()
    with first.changed() as rollout:
        rollout.hosts["kitchen"] = STATE
        rollout.seen["kitchen"] = Looked(PRODUCTION)
    again = store(tmp_path / "new").open()
    assert again.hosts == {"kitchen": STATE}
    assert again.seen == {}
    assert stat.S_IMODE((tmp_path / "new/speakers.json").stat().st_mode) == 0o600


def lost(made: Store) -> None:
    """Change something, and fail before it is kept."""
    with made.changed() as rollout:
        rollout.hosts["kitchen"] = STATE
        raise RuntimeError


def test_a_change_that_fails_changes_nothing(tmp_path: Path) -> None:
    made = store(tmp_path)
    made.open()
    before = (tmp_path / "speakers.json").read_bytes()
    with pytest.raises(RuntimeError):
        lost(made)
    assert (tmp_path / "speakers.json").read_bytes() == before


def test_a_run_that_lives_keeps_others_out(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        theirs = process(other.pid)
        store(tmp_path, theirs).open()
        with pytest.raises(HostError, match=rf"process {other.pid}.*Wait for it"):
            store(tmp_path).open()
        assert json.loads((tmp_path / "speakers.json").read_text(encoding="utf-8"))["owner"] == theirs
        Store(str(tmp_path), "others", ME).open()
    # It has ended, as if it had been killed.
    store(tmp_path).open()
    with pytest.raises(HostError, match="No rollout of this run"), store(tmp_path, theirs).changed():
        pass


def test_another_process_with_the_same_number_is_another_one(tmp_path: Path) -> None:
    store(tmp_path, {**ME, "start": "long ago"}).open()
    store(tmp_path).open()


def test_of_another_machine_nothing_is_known(tmp_path: Path) -> None:
    store(tmp_path, {**ME, "host": "elsewhere"}).open()
    with pytest.raises(HostError, match="on elsewhere"):
        store(tmp_path).open()


def test_what_no_run_began_has_no_steps(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="Run the playbook"), store(tmp_path).changed():
        pass
    made = store(tmp_path)
    made.open()
    made.close()
    with pytest.raises(HostError, match="Run the playbook"), made.changed():
        pass


def test_check_mode_works_on_a_copy(tmp_path: Path) -> None:
    first = store(tmp_path)
    first.open()
    with first.changed() as rollout:
        rollout.hosts["kitchen"] = STATE
    before = (tmp_path / "speakers.json").read_bytes()
    checked = store(tmp_path, check=True)
    assert checked.open().hosts == {"kitchen": STATE}
    with checked.changed() as rollout:
        rollout.hosts.clear()
    checked.close()
    assert (tmp_path / "speakers.json").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "speakers.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 2}', '{"format": 1, "hosts": {"a": {}}}'])
def test_a_damaged_file_is_refused_and_kept(tmp_path: Path, content: str) -> None:
    (tmp_path / "speakers.json").write_text(content, encoding="utf-8")
    with pytest.raises(HostError, match="Move it away"):
        store(tmp_path).open()
    assert (tmp_path / "speakers.json").read_text(encoding="utf-8") == content


@pytest.mark.parametrize("name", ["", "../other", "a b", ".hidden", "x" * 65])
def test_a_name_that_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SpecificationError, match="name"):
        Store(str(tmp_path), name, ME)


def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HostError, match="Give a directory"):
        store(tmp_path / "file" / "below").open()


def test_state_is_kept_where_the_user_keeps_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert default_directory() == "/state/hardened-librespot/rollouts"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert default_directory() == "/home/me/.local/state/hardened-librespot/rollouts"
