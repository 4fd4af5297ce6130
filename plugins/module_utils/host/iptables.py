# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The packet filter of the kernel before nftables, which nft does not show."""

from __future__ import annotations

import contextlib

_NAMES = "/proc/net/ip_tables_names"


def legacy_tables() -> list[str]:
    """Return the tables of IPv4 that iptables-legacy has in this network, as ``nat``; iptables-nft has none there."""
    with contextlib.suppress(FileNotFoundError), open(_NAMES, encoding="ascii") as handle:
        return handle.read().split()
    return []
