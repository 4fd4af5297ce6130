# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run at a time on a host, and the other one is told who holds the lock."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.lock import host_lock
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError


def test_a_second_run_is_told_who_holds_it(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with (
        host_lock("the module unit", path),
        pytest.raises(HostError, match=rf"the module unit \(process {os.getpid()}"),
        host_lock("the module settings", path, patience=0.1),
    ):
        pytest.fail("two held it")


def test_it_is_free_afterwards_and_after_an_error(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with pytest.raises(ValueError, match="x"), host_lock("one", path):
        raise ValueError("x")
    with host_lock("two", path, patience=0):
        assert Path(path).read_text(encoding="utf-8").startswith("two (process")


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "victim")
    with pytest.raises(HostError, match="symbolic links"), host_lock("one", str(tmp_path / "lock")):
        pytest.fail("it was followed")
    assert not (tmp_path / "victim").exists()
