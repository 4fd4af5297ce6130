# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of a service in a directory of its own, which nobody else writes to."""

from __future__ import annotations

import contextlib
import os


def put(path: str, text: str) -> None:
    """Put *text* at *path* in one step. Raises OSError; nothing is left beside it then.

    It is not synced: what a crash takes is written anew at the next look.
    """
    new = f"{path}.new"
    try:
        with open(new, "w", encoding="utf-8") as handle:
            handle.write(text)
        os.rename(new, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(new)
        raise
