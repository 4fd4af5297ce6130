# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cache outside the checkout: content keys, one lock per thing, and publishing in one step."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tools.lab.errors import LabError
from tools.lab.progress import Progress

KEY_LENGTH = 12
IDENTITY = "identity"
"""File that marks a directory as a cache that the lab made, and holds the value of its label."""


def location(environ: Mapping[str, str]) -> Path:
    """Return the cache directory that *environ* asks for."""
    chosen = environ.get("HARDENED_LIBRESPOT_LAB")
    if chosen:
        return Path(chosen).absolute()
    base = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or Path.home()) / ".cache"
    return Path(base).absolute() / "hardened-librespot-lab"


def key(*parts: object) -> str:
    """Return a short digest of *parts*, which must be JSON values; equal parts give equal keys."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]


class Cache:
    """A cache directory, made when it is first used."""

    def __init__(self, root: Path, progress: Progress) -> None:
        self.root = root
        self._progress = progress

    def claim(self) -> str:
        """Make the directory ours if it is new, and return its identity: the label of what is made in Docker for it.

        Raises LabError when the directory holds something else.
        """
        marker = self.root / IDENTITY
        try:
            return marker.read_text(encoding="ascii")
        except FileNotFoundError:
            pass
        if self.root.is_dir() and any(self.root.iterdir()):
            raise LabError(
                f"{self.root} is not empty and not a cache of ours",
                "Set HARDENED_LIBRESPOT_LAB to a directory of its own",
            )
        self.root.mkdir(parents=True, exist_ok=True)
        draft = marker.with_name(f".{IDENTITY}.{os.getpid()}")
        draft.write_text(secrets.token_hex(6), encoding="ascii")
        try:
            os.link(draft, marker)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return marker.read_text(encoding="ascii")

    def directory(self, *names: str) -> Path:
        """Return a directory of the cache, made if need be."""
        self.claim()
        path = self.root.joinpath(*names)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def log(self, name: str) -> Path:
        """Return the file that the output of *name*'s commands goes to."""
        return self.directory("logs") / f"{name}.log"

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold the lock of *name*: two runs never make the same thing at once, the second waits and finds it made."""
        path = self.directory("locks") / f"{name}.lock"
        with path.open("a+", encoding="ascii") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                with self._progress.step(f"waiting for another run that makes {name}"):
                    fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    @contextmanager
    def publish(self, path: Path) -> Iterator[Path]:
        """Yield a temporary path beside *path*, which becomes *path* only when the body succeeds."""
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            yield temporary
            temporary.rename(path)
        finally:
            remove(temporary)

    def exists(self) -> bool:
        """Tell whether the directory is there and ours."""
        return (self.root / IDENTITY).is_file()

    def destroy(self) -> None:
        """Delete the directory, if it is ours."""
        if self.exists():
            remove(self.root)


def remove(path: Path) -> None:
    """Delete *path*, a file or a directory with all that it holds, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
