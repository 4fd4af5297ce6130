# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One lock per host keeps two runs apart. The kernel frees it when its holder dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator

from ..model.errors import HostError

# /run itself is writable by root alone; /run/lock is not, and a link planted there would be followed.
PATH = "/run/hardened-librespot.lock"


@contextlib.contextmanager
def host_lock(what: str, path: str = PATH, patience: float = 60) -> Iterator[None]:
    """Hold the host's lock, waiting up to *patience* seconds. Raises `HostError` that names the holder."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        remedy = "Look at that path on the host" if os.geteuid() == 0 else "Become root: set become: true"
        raise HostError(f"The lock {path} cannot be taken: {os.strerror(error.errno or 0)}", remedy) from error
    try:
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip() or "an unknown run"
                    raise HostError(
                        f"{holder} holds the lock {path} on this host since before {patience:g} s ago",
                        "Wait for it to end, or stop it, and run again",
                    ) from None
                time.sleep(0.1)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{what} (process {os.getpid()}, started {time.strftime('%F %T')})\n".encode(), 0)
        try:
            yield
        finally:
            # For those who wait until nobody has held it for a while, also after a run that failed.
            os.utime(descriptor)
    finally:
        os.close(descriptor)
