# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Downloads. Nothing that comes back is trusted before its digest was compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.error import URLError

from ..model.errors import HostError

_LARGEST = 256 * 1024 * 1024
_TIMEOUT_S = 60


class Downloader:
    """Downloads by *opener*, which is Ansible's ``open_url``: it knows proxies and certificates."""

    def __init__(self, opener: Callable[..., Any]) -> None:
        self._opener = opener

    def __call__(self, url: str) -> bytes:
        """Return what is at *url*. Raises `HostError` when there is nothing, or more than any release has."""
        try:
            with self._opener(url, timeout=_TIMEOUT_S, http_agent="hardened.librespot") as response:
                content: bytes = response.read(_LARGEST + 1)
        except (URLError, OSError, ValueError) as error:
            raise HostError(
                f"{url} cannot be downloaded: {error}", "Look at the address, the network and the proxy"
            ) from error
        if len(content) > _LARGEST:
            raise HostError(f"{url} is larger than any release of librespot", "Look at the address")
        return content
