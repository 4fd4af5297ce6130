# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files in the containers of others, which can hold anything, links and pipes too."""

from __future__ import annotations

import os
import stat

from ..model.errors import HostError


def read_inside(pid: int, path: str, largest: int) -> bytes | None:
    """Return at most *largest* bytes of the file *path* of the container of process *pid*, None when it is not there.

    No link is followed: what it says is a path of this host, outside of the container. Raises `HostError` for what is
    no plain file, and `OSError` when the process has ended or is another user's.
    """
    *directories, name = path.strip("/").split("/")
    at = os.open(f"/proc/{pid}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for directory in directories:
            below = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
            os.close(at)
            at = below
        # A pipe would be waited for.
        with open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at), "rb") as handle:
            if not stat.S_ISREG(os.fstat(handle.fileno()).st_mode):
                raise HostError(f"{path} of the container of process {pid} is no file", _REMEDY)
            return handle.read(largest)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HostError(
            f"{path} of the container of process {pid} cannot be read: {error.strerror}", _REMEDY
        ) from error
    finally:
        os.close(at)


_REMEDY = "Look at the image"
