# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proxy of an instance as the firewall has to know it: by its address."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_PORT = 80


def proxy_address(url: str) -> tuple[str, int] | None:
    """Return address and port of the proxy at *url*; None when it is named, since packets have no names."""
    parts = urlsplit(url)
    try:
        return str(ipaddress.ip_address(parts.hostname or "")), parts.port or _PORT
    except ValueError:
        return None
