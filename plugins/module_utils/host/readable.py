# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that others than root can read or execute."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Sequence

_LARGEST = 1024 * 1024
_OUT_OF_REACH = (
    errno.ENOENT,
    # It has become something else since it was listed.
    errno.ENOTDIR,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENXIO,
    # A user's own file system (FUSE) refuses even root: what nobody else can read is no copy for everyone.
    errno.EACCES,
    errno.EPERM,
    # So deep that no path leads there.
    errno.ENAMETOOLONG,
)


def readable_by_all(places: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of each file below *places* that others can reach and read, up to a megabyte.

    Links are not followed, and other file systems than that of each place are left alone: one may be a slow network.
    """
    for place in places:
        with contextlib.suppress(FileNotFoundError):
            yield from _below(place, os.lstat(place).st_dev)


def executable(path: str) -> bool:
    """Tell whether *path*, links followed, may be executed by someone."""
    try:
        return bool(os.stat(path).st_mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH))
    except (FileNotFoundError, NotADirectoryError):
        return False


def _below(top: str, device: int) -> Iterator[tuple[str, bytes]]:
    # Without recursion: anybody can make a directory deeper than Python's stack in /tmp.
    waiting = [top]
    while waiting:
        directory, deeper = waiting.pop(), []
        with _passed_over(), os.scandir(directory) as entries:
            # In the order of the directory: to sort them takes memory for as many files as somebody cares to make.
            for entry in entries:
                with _passed_over():
                    found = entry.stat(follow_symlinks=False)
                    # A file can be a mount as well: those in /run/netns are namespaces, and cannot be read.
                    if found.st_dev != device:
                        continue
                    if stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_IXOTH:
                        deeper.append(entry.path)
                    elif stat.S_ISREG(found.st_mode) and found.st_mode & stat.S_IROTH and found.st_size <= _LARGEST:
                        yield entry.path, _content(entry.path)
        waiting += deeper


@contextlib.contextmanager
def _passed_over() -> Iterator[None]:
    """Pass over what is gone, and what its owner has made such that nobody gets at it by its path."""
    try:
        yield
    except OSError as problem:
        if problem.errno not in _OUT_OF_REACH:
            raise


def _content(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as handle:
        return handle.read(_LARGEST)
