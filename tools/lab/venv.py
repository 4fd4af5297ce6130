# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python environments of the controller, with pinned packages and the collections that they are used with."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.lab import packages, pythons
from tools.lab.cache import Cache, key, remove
from tools.lab.process import attempt, logged
from tools.lab.progress import Progress

CHECKOUT = Path(__file__).resolve().parents[2]
REQUIREMENTS = CHECKOUT / "tests" / "requirements"
DEFAULT_CORE = "2.19"
KINDS: dict[str, tuple[str, ...]] = {"controller": ("controller",), "test": ("controller", "test")}
"""Name of an environment to the requirement files in it, besides ansible-core's own."""

COLLECTIONS = ("community/docker", "community/library_inventory_filtering_v1", "ansible/posix")
_COMPLETE = ".complete"


@dataclass(frozen=True)
class Environment:
    """A finished environment: the virtual one, and where Ansible finds collections."""

    path: Path
    tree: Path
    collections: Path

    def variables(self, cache: Cache, path: str) -> dict[str, str]:
        """Return the variables that put it in force, given the present value of PATH."""
        return {
            "PATH": f"{self.path / 'bin'}{os.pathsep}{path}",
            "VIRTUAL_ENV": str(self.path),
            "ANSIBLE_HOME": str(cache.directory("ansible")),
            "ANSIBLE_COLLECTIONS_PATH": f"{self.tree}{os.pathsep}{self.collections}",
            "PYTHONPATH": str(self.tree),
            # Artifacts that the lab's plays build are the lab's, not among those of the user's own plays.
            "HARDENED_LIBRESPOT_CACHE": str(cache.root),
            "HARDENED_LIBRESPOT_CHECKOUT": str(self.tree / "ansible_collections/hardened/librespot"),
        }


def ensure(kind: str, core: str, cache: Cache, progress: Progress) -> Environment:
    """Return the environment *kind* with ansible-core *core*, made if the cache does not have it."""
    python, version = pythons.find(core)
    files = [REQUIREMENTS / f"{name}.txt" for name in (f"core-{core}", *KINDS[kind])]
    digest = key(python, version, [file.read_text(encoding="utf-8") for file in files])
    path = cache.directory("venv") / f"{kind}-{core}-{digest}"
    if not (path / _COMPLETE).is_file():
        with cache.lock(f"venv-{path.name}"):
            if not (path / _COMPLETE).is_file():
                _make(path, python, files, cache, progress)
    return Environment(path, _tree(cache), _collections(path, cache, progress))


def wanted(member: str) -> bool:
    """Tell whether *member* of the ansible wheel belongs to a collection that is used."""
    return member.startswith(tuple(f"ansible_collections/{name}/" for name in COLLECTIONS))


def _make(path: Path, python: str, files: Iterable[Path], cache: Cache, progress: Progress) -> None:
    log = cache.log("venv")
    if attempt([python, "-c", "import ensurepip, venv"]).returncode:
        packages.ensure(["python3-venv"], "the Python environment", cache, progress)
    remove(path)
    with progress.step(f"making the Python environment {path.name}"):
        logged([python, "-m", "venv", str(path)], log)
        requirements = [word for file in files for word in ("--requirement", str(file))]
        logged([str(path / "bin/pip"), "install", "--quiet", "--no-deps", *requirements], log)
        logged([str(path / "bin/pip"), "check"], log)
        (path / _COMPLETE).touch()


def _collections(venv: Path, cache: Cache, progress: Progress) -> Path:
    pinned = REQUIREMENTS / "collections.txt"
    path = cache.directory("collections") / key(pinned.read_text(encoding="utf-8"), COLLECTIONS)
    if not path.is_dir():
        with cache.lock("collections"):
            if not path.is_dir():
                _fetch(pinned, path, venv, cache, progress)
    return path


def _fetch(pinned: Path, path: Path, venv: Path, cache: Cache, progress: Progress) -> None:
    with (
        progress.step("fetching the collections that the checks use"),
        TemporaryDirectory(dir=cache.directory("collections")) as work,
        cache.publish(path) as temporary,
    ):
        pip = [str(venv / "bin/pip"), "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        logged([*pip, "--dest", work, "--requirement", str(pinned)], cache.log("venv"))
        (wheel,) = Path(work).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(temporary, (name for name in archive.namelist() if wanted(name)))


def _tree(cache: Cache) -> Path:
    """Return a directory in which this checkout is found under the name of its collection."""
    tree = cache.directory(f"tree-{key(str(CHECKOUT))}")
    link = tree / "ansible_collections" / "hardened" / "librespot"
    if not link.is_symlink():
        link.parent.mkdir(parents=True, exist_ok=True)
        with cache.publish(link) as temporary:
            temporary.symlink_to(CHECKOUT)
    return tree
