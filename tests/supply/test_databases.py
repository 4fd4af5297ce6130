# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Without the snapshot, what needs it says once where it was looked for, and tests nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.supply.databases import ROOT, SNAPSHOT, VARIABLE, MissingSnapshotError, snapshot


def test_one_that_is_named_is_not_there(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "pytest", "tests/supply/test_releases.py", "--advisories=whole"]
    environment = {**os.environ, VARIABLE: str(tmp_path / "missing")}
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, said
    assert said.count("no snapshot of RustSec's whole database") == 1
    assert said.count(str(tmp_path / "missing")) == 1
    assert "test session starts" not in said


def test_none_is_beside_the_checkout(tmp_path: Path) -> None:
    with pytest.raises(MissingSnapshotError) as caught:
        snapshot({}, tmp_path / "checkout")
    assert str(tmp_path / "shared/data" / SNAPSHOT) in str(caught.value)
    assert VARIABLE in str(caught.value)


def test_one_beside_the_checkout_is_found(tmp_path: Path) -> None:
    beside = tmp_path / "shared/data" / SNAPSHOT
    beside.parent.mkdir(parents=True)
    beside.touch()
    assert snapshot({}, tmp_path / "clones/checkout") == beside
