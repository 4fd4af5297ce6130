# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user's own binary, from a file of the controller or an address, by its pinned digest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from ..module_utils.host.archive import one_file
from ..module_utils.host.opened import opened
from ..module_utils.host.workplace import Built
from ..module_utils.model.artifact import BINARY
from ..module_utils.model.errors import HostError

_ELF = b"\x7fELF"


def supplied(url: str, sha256: str, download: Callable[[str], bytes]) -> Built:
    """Return the program at *url*, which holds it plain or as ``bin/librespot`` in a tar archive.

    Raises `HostError` when what is there does not have the digest *sha256*.
    """
    content = download(url) if "://" in url else _read(url)
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise HostError(
            f"{url} has the digest {digest}, pinned is {sha256}", "Nothing was kept; find out which was changed"
        )
    binary = content if content.startswith(_ELF) else one_file(content, BINARY, url)
    return Built(binary, {"source_sha256": digest})


def _read(path: str) -> bytes:
    try:
        with opened(path) as handle:
            return handle.read()
    except OSError as error:
        raise HostError(f"{path} cannot be read: {error.strerror}", "It is a file of the controller") from error
