# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.checks import placed


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    (root / "plugins").mkdir(parents=True)
    (root / ".gitignore").write_text("*.pyc\n")
    (root / "plugins/kept.py").write_text("kept")
    (root / "plugins/kept.py").chmod(0o755)
    (root / "gone.py").write_text("gone")
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    subprocess.run(["git", "-C", str(root), "add", "--all"], check=True)
    (root / "gone.py").unlink()
    (root / "new.py").write_text("new")
    (root / "ignored.pyc").write_text("ignored")
    return root


def test_the_copy_has_what_a_commit_of_everything_would_have(checkout: Path, tmp_path: Path) -> None:
    copy = placed.place(checkout, tmp_path / "root")
    assert copy == tmp_path / "root/ansible_collections/hardened/librespot"
    assert placed.tracked(copy) == [".gitignore", "new.py", "plugins/kept.py"]
    assert (copy / "plugins/kept.py").stat().st_mode & 0o777 == 0o755


def test_the_copy_is_no_link(checkout: Path, tmp_path: Path) -> None:
    copy = placed.place(checkout, tmp_path / "root")
    assert copy.resolve() == copy
    (copy / "plugins/kept.py").write_text("changed")
    assert (checkout / "plugins/kept.py").read_text() == "kept"
