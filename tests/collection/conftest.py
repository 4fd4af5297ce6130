# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection as its users get it: a tarball, built and installed by ansible-galaxy into an empty directory."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tools.checks import placed

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples/inventory"

Run = Callable[[Sequence[str]], str]


def run(argv: Sequence[str], cwd: Path, collections: Path | None = None) -> str:
    """Run *argv* and return its standard output; fail the test with what it said when it fails."""
    variables = dict(os.environ)
    if collections is not None:
        variables["ANSIBLE_COLLECTIONS_PATH"] = str(collections)
        variables.pop("PYTHONPATH", None)
    done = subprocess.run(argv, cwd=cwd, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(argv)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("build")
    copy = placed.place(ROOT, work / "source")
    run(["ansible-galaxy", "collection", "build", "--output-path", str(work)], copy)
    (made,) = work.glob("hardened-librespot-*.tar.gz")
    return made


@pytest.fixture(scope="session")
def installed(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory that was empty before the tarball was installed into it."""
    root = tmp_path_factory.mktemp("installed")
    run(["ansible-galaxy", "collection", "install", "--offline", "-p", str(root), str(tarball)], root, root)
    return root


@pytest.fixture(scope="session")
def as_user(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return what runs a command as a user of the installed collection would, far from any checkout."""
    home = tmp_path_factory.mktemp("home")
    return lambda argv: run(argv, home, installed)
