# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file in which cargo keeps what an index said of a crate: no command of cargo's lists all versions.

Its form is cargo's own affair (src/cargo/sources/registry/index/cache.rs): a byte for the form, four for the newest
version of rows that cargo knows, the index's own version, then each version with its row, all ended by NUL. Another
form is refused, since cargo says with the first byte that it is another.
"""

from __future__ import annotations

from .errors import HostError

_FORM = 3
_HEAD = 5
_OTHER = "Give the address of the index as index, or report it with the version of cargo on the controller"


def lines_of(content: bytes, name: str) -> list[bytes]:
    """Return the rows in a file of cargo's cache about the crate *name*. Raises `HostError` for another form."""
    if content[:1] != bytes([_FORM]) or len(content) < _HEAD or not content.endswith(b"\0"):
        raise HostError(f"What this cargo keeps of the index about {name} is in an unknown form", _OTHER)
    _index, *pairs = content[_HEAD:-1].split(b"\0")
    if len(pairs) % 2:
        raise HostError(f"What this cargo keeps of the index about {name} is cut off", _OTHER)
    return pairs[1::2]
