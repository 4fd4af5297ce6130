# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one place that reads and writes files of the host.

A path is walked by directory descriptors, and no symbolic link in it is followed: who can plant a link cannot make us
read or write elsewhere. A write is a temporary file beside the target with its mode and owner set first, then
validation, then one rename: a run that is killed leaves the old file or the new one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Callable

from ..model.errors import HostError
from .mounts import mounted_below

FILE = "file"
DIRECTORY = "directory"
LINK = "link"
OTHER = "other"

_TEMPORARY = ".librespot-new-"
TOO_LARGE = 64 * 1024 * 1024


@dataclass(frozen=True)
class Entry:
    """What stands at a path. *content* is set for files, *target* for symbolic links."""

    kind: str
    mode: int
    uid: int
    gid: int
    content: bytes = b""
    target: str = ""


def called(kind: str) -> str:
    """Return what a message calls something of this *kind*."""
    return "a device, a pipe or a socket" if kind == OTHER else f"a {kind}"


def _is_directory(parent: int, name: str) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)


def _said(error: OSError, path: str) -> HostError:
    remedies = {
        errno.ENOSPC: "Free space on its file system; the old state is still in place",
        errno.EDQUOT: "Raise the quota; the old state is still in place",
        errno.EROFS: "Make its file system writable, or choose another place",
        errno.ELOOP: "Remove the symbolic link: none is followed, since its planter would choose what is written",
    }
    reason = "a symbolic link stands in the path" if error.errno == errno.ELOOP else os.strerror(error.errno or 0)
    return HostError(f"{path}: {reason}", remedies.get(error.errno or 0, "Look at the path on the host"))


class Files:
    """Files of this host, or of the tree below *root* in a test. All paths are absolute."""

    def __init__(self, root: str = "/") -> None:
        self._root = root

    # -- looking ---------------------------------------------------------------------------------------------

    def read(self, path: str, content: bool = True, most: int = TOO_LARGE) -> Entry | None:
        """Return what stands at *path*, or None; of its content *most* bytes.

        Raises `HostError` for a link among its parents.
        """
        try:
            with self._parent(path) as (directory, name):
                found = os.stat(name, dir_fd=directory, follow_symlinks=False)
                mode = stat.S_IMODE(found.st_mode)
                if stat.S_ISLNK(found.st_mode):
                    return Entry(LINK, mode, found.st_uid, found.st_gid, target=os.readlink(name, dir_fd=directory))
                if stat.S_ISDIR(found.st_mode):
                    return Entry(DIRECTORY, mode, found.st_uid, found.st_gid)
                if not stat.S_ISREG(found.st_mode):
                    return Entry(OTHER, mode, found.st_uid, found.st_gid)
                body = self._body(directory, name, most) if content else b""
                return Entry(FILE, mode, found.st_uid, found.st_gid, body)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _said(error, path) from error

    def capable(self, path: str) -> bool:
        """Tell whether the file at *path*, which is no link, gives capabilities to whoever executes it."""
        try:
            return bool(os.getxattr(self._real(path), "security.capability", follow_symlinks=False))
        except OSError:
            return False

    def names(self, path: str) -> list[str]:
        """Return the sorted names in the directory *path*; none when it does not exist."""
        try:
            with self._open_directory(path) as directory:
                return sorted(name for name in os.listdir(directory) if not name.startswith(_TEMPORARY))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise _said(error, path) from error

    def left_behind(self, path: str) -> bool:
        """Tell whether a run that was killed has left a temporary file in the directory *path*."""
        try:
            with self._open_directory(path) as directory:
                return any(name.startswith(_TEMPORARY) for name in os.listdir(directory))
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise _said(error, path) from error

    def modified(self, path: str) -> float:
        """Return when *path* itself was last changed, in seconds since 1970; 0 when it does not exist."""
        try:
            with self._parent(path) as (directory, name):
                return os.stat(name, dir_fd=directory, follow_symlinks=False).st_mtime
        except (FileNotFoundError, NotADirectoryError):
            return 0.0
        except OSError as error:
            raise _said(error, path) from error

    @staticmethod
    def _body(directory: int, name: str, most: int) -> bytes:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=directory)
        with os.fdopen(descriptor, "rb") as handle:
            return handle.read(most)

    # -- changing --------------------------------------------------------------------------------------------

    def write(
        self,
        path: str,
        content: bytes,
        mode: int,
        uid: int = 0,
        gid: int = 0,
        validate: Callable[[str], None] | None = None,
    ) -> None:
        """Put *content* at *path* in one step. *validate* gets the temporary file's path and raises to refuse it."""

        def fill(directory: int, name: str) -> None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(name, flags, 0o600, dir_fd=directory)
            with os.fdopen(descriptor, "wb") as handle:
                os.fchown(descriptor, uid, gid)
                os.fchmod(descriptor, mode)
                handle.write(content)
                handle.flush()
                os.fsync(descriptor)
            if validate is not None:
                validate(f"{os.path.dirname(self._real(path))}/{name}")

        self._replace(path, fill)

    def link(self, path: str, target: str) -> None:
        """Make *path* a symbolic link to *target* in one step; what stood there is replaced, never followed."""
        self._replace(path, lambda directory, name: os.symlink(target, name, dir_fd=directory))

    def directory(self, path: str, mode: int, uid: int = 0, gid: int = 0) -> None:
        """Make *path* a directory with this mode and owner. Its parent must exist."""
        try:
            with self._parent(path) as (parent, name):
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, 0o700, dir_fd=parent)
                with self._child(parent, name) as descriptor:
                    os.fchown(descriptor, uid, gid)
                    os.fchmod(descriptor, mode)
                os.fsync(parent)
        except NotADirectoryError:
            raise HostError(f"{path}: something else than a directory stands there", "Move it away") from None
        except OSError as error:
            raise _said(error, path) from error

    def sweep(self, path: str) -> None:
        """Remove what a killed run has left in the directory *path*."""
        try:
            with self._open_directory(path) as directory:
                self._sweep(directory)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise _said(error, path) from error

    def rename(self, path: str, new: str) -> None:
        """Move *path* to *new* in one step; both lie on one file system."""
        try:
            with self._parent(path) as (source, name), self._parent(new) as (target, new_name):
                os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)
                os.fsync(target)
        except OSError as error:
            raise _said(error, new) from error

    def own(self, path: str, mode: int, uid: int, gid: int) -> None:
        """Give an existing file or directory its mode and owner."""
        try:
            with self._parent(path) as (parent, name):
                descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=parent)
                try:
                    os.fchown(descriptor, uid, gid)
                    os.fchmod(descriptor, mode)
                finally:
                    os.close(descriptor)
        except OSError as error:
            raise _said(error, path) from error

    def refuse_mounts(self, path: str) -> None:
        """Raise `HostError` when something is mounted at or below *path*: it is not ours, whatever lies around it."""
        points = mounted_below(self._real(path))
        if points:
            raise HostError(
                f"{path}: {', '.join(points)} is mounted there, and would be emptied with it",
                f"Unmount it first: umount {points[-1]}",
            )

    def remove(self, path: str) -> None:
        """Remove *path*, a directory with all it holds; links are removed, not followed. Missing is fine.

        Raises `HostError` when something is mounted at or below it.
        """
        self.refuse_mounts(path)
        try:
            with self._parent(path) as (parent, name):
                self._remove(parent, name)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise _said(error, path) from error

    def _remove(self, parent: int, name: str) -> None:
        if not _is_directory(parent, name):
            os.unlink(name, dir_fd=parent)
            return
        with self._child(parent, name) as top:
            left = os.listdir(top)
            while left:
                left += self._remove_level(top, left.pop())
        os.rmdir(name, dir_fd=parent)

    def _remove_level(self, top: int, name: str) -> list[str]:
        """Remove *name* from *top*, and return the names that the directories in it have there now.

        They are moved up, since who owns them can have nested them deeper than calls and descriptors go.
        """
        if not _is_directory(top, name):
            os.unlink(name, dir_fd=top)
            return []
        moved = []
        with self._child(top, name) as inside:
            for entry in os.listdir(inside):
                if _is_directory(inside, entry):
                    moved.append(f".moved-{secrets.token_hex(8)}")
                    os.rename(entry, moved[-1], src_dir_fd=inside, dst_dir_fd=top)
                else:
                    os.unlink(entry, dir_fd=inside)
        os.rmdir(name, dir_fd=top)
        return moved

    def _replace(self, path: str, fill: Callable[[int, str], None]) -> None:
        try:
            with self._parent(path) as (directory, name):
                self._sweep(directory)
                temporary = f"{_TEMPORARY}{secrets.token_hex(8)}"
                try:
                    fill(directory, temporary)
                    os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
                except BaseException:
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(temporary, dir_fd=directory)
                    raise
                os.fsync(directory)
        except IsADirectoryError:
            raise HostError(f"{path}: a directory stands where a file belongs", "Move it away") from None
        except FileNotFoundError:
            raise HostError(f"{path}: its directory does not exist", "Create it first") from None
        except OSError as error:
            raise _said(error, path) from error

    @staticmethod
    def _sweep(directory: int) -> None:
        """Remove what a killed run left. The host's lock is held, so nobody else is writing here."""
        for name in os.listdir(directory):
            if name.startswith(_TEMPORARY):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=directory)

    # -- walking ---------------------------------------------------------------------------------------------

    def _real(self, path: str) -> str:
        return os.path.join(self._root, path.lstrip("/"))

    @staticmethod
    @contextlib.contextmanager
    def _child(parent: int, name: str) -> Iterator[int]:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            descriptor = os.open(name, flags, dir_fd=parent)
        except NotADirectoryError:
            # With O_DIRECTORY, Linux says ENOTDIR for a link as well.
            if stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name) from None
            raise
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _open_directory(self, path: str) -> Iterator[int]:
        with contextlib.ExitStack() as stack:
            descriptor = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            stack.callback(os.close, descriptor)
            for part in self._parts(path):
                descriptor = stack.enter_context(self._child(descriptor, part))
            yield descriptor

    @contextlib.contextmanager
    def _parent(self, path: str) -> Iterator[tuple[int, str]]:
        parts = self._parts(path)
        with self._open_directory("/" + "/".join(parts[:-1])) as directory:
            yield directory, parts[-1]

    @staticmethod
    def _parts(path: str) -> list[str]:
        parts = [part for part in path.split("/") if part]
        if not path.startswith("/") or ".." in parts or "." in parts:
            raise HostError(f"{path}: not an absolute path without dots", "Give the plain absolute path")
        return parts
