# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets of channels: each in a file of its own, read at the moment when it is needed, and shown nowhere."""

from __future__ import annotations

import os
import stat

from ..host.opened import opened
from ..model.errors import HostError
from ..model.reading import path_of

_MOST = 16 * 1024


def secret_of(path: str, option: str) -> str:
    """Return the text in the file *path*, which *option* names, without the line break at its end.

    Raises `HostError` when it is missing, empty, or can be read by every user of this machine.
    """
    path_of(path, option)
    try:
        with opened(path) as handle:
            mode = os.fstat(handle.fileno()).st_mode
            text = handle.read(_MOST + 1).decode()
    except OSError as error:
        raise HostError(
            f"{option}: {path} cannot be read: {error.strerror}", "Create it on the machine that tells, for root alone"
        ) from None
    except UnicodeDecodeError:
        raise HostError(f"{option}: {path} is not text in UTF-8", "Write nothing but the secret into it") from None
    if stat.S_IMODE(mode) & 0o007:
        raise HostError(f"{option}: {path} can be read by every user", f"chmod o= {path}, and take another secret")
    text = text.removesuffix("\n").removesuffix("\r")
    if not text.strip() or len(text.encode()) > _MOST:
        raise HostError(f"{option}: {path} holds no secret", "Write nothing but the secret into it")
    return text
