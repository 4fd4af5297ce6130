# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A copy of the checkout where Ansible looks for the collection: real directories, in a repository of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tools.lab.process import output

COLLECTION = Path("ansible_collections", "hardened", "librespot")


def tracked(checkout: Path) -> list[str]:
    """Return the files of *checkout* that are in the repository or would be added to it, relative to it."""
    listed = output(["git", "-C", str(checkout), "ls-files", "--cached", "--others", "--exclude-standard", "-z"])
    return [name for name in listed.split("\0") if name and os.path.lexists(checkout / name)]


def place(checkout: Path, root: Path) -> Path:
    """Copy *checkout* below *root* and return the copy: the collection's directory, known to git as a whole."""
    copy = root / COLLECTION
    for name in tracked(checkout):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(checkout / name, copy / name, follow_symlinks=False)
    for command in (("init", "--quiet"), ("add", "--all")):
        subprocess.run(["git", "-C", str(copy), *command], check=True)
    return copy
