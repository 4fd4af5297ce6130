# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Beside firewalls that refuse nothing of ours and flush what others have loaded: what a stranger gets meanwhile."""

from __future__ import annotations

import pytest

from tests.attacks.deployment import APPLY, BASELINES, baseline
from tests.attacks.hosts import Target, until
from tests.attacks.tables import TABLES, show
from tests.beside.firewalls import answered, knocked, specified
from tests.support.plays import Controller

TRUSTED_ALONE = (True, False)
LONGEST_GAP_S = 1.0
"""A flush of all tables takes ours too; it is back when systemd has run what loads it."""

_RULES = "iptables-save > /root/rules; iptables-restore < /root/rules"
_LOADED = """printf '#!/usr/sbin/nft -f\\nflush ruleset\\n' > /etc/nftables.conf"""
FLUSHES = {
    "iptables-restore": _RULES,
    "iptables -F": "iptables -F; iptables -X",
    "reload of nftables.service": "systemctl reload nftables.service",
    "restart of nftables.service": "systemctl restart nftables.service",
    "stop and start of nftables.service": "systemctl stop nftables.service; systemctl start nftables.service",
}


@pytest.fixture(scope="module")
def host(controller: Controller) -> Target:
    """Return a host with a speaker, beside an nftables.service that begins by flushing all tables."""
    assert isinstance(controller.host, Target)
    controller.host.shell(f"{_LOADED}; systemctl start nftables.service")
    controller.converge(APPLY, specified(controller.host))
    return controller.host


@pytest.mark.parametrize("flush", FLUSHES)
def test_the_table_is_back_at_once(host: Target, stranger: Target, flush: str) -> None:
    opened = knocked(host, stranger, FLUSHES[flush])
    gap = opened[-1] - opened[0] if opened else 0.0
    title = f"a stranger beside other firewalls on {host.image}"
    kept = TABLES.get(title, [])[1:]
    head = [f"{'meanwhile':<36}", "let in for"]
    show(title, head, [[flush, f"{gap:.2f} s" if opened else "never"]])
    TABLES[title] += kept
    until(lambda: answered(host, stranger) == TRUSTED_ALONE, 20, "the trusted alone are answered")
    assert gap < LONGEST_GAP_S


def test_the_stranger_knocks_in_earnest(host: Target, stranger: Target) -> None:
    baseline(host, "upstream")
    opened = knocked(host, stranger, "true", BASELINES["upstream"])
    assert len(opened) > 100
