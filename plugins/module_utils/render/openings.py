# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Openings in the words of ufw and of firewalld."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

from ..model.networks import V4
from ..model.openings import EVERYONE, UDP, Opening

COMMENT = "hardened.librespot"
"""Begins the comment of a rule of ours in ufw; the instance's name follows."""

POLICY = "librespot"
POLICY_FILE = f"/etc/firewalld/policies/{POLICY}.xml"


def ufw_rules(openings: Iterable[Opening]) -> dict[str, str]:
    """Return the rules in ufw's own words, each with its comment. Multicast DNS it lets through by itself."""
    return {_ufw_rule(item): f"{COMMENT} {item.instance}" for item in openings if item.protocol != UDP}


def _ufw_rule(item: Opening) -> str:
    arrives = f"in on {item.interface} " if item.interface else ""
    return f"allow {arrives}from {item.source} to {item.target} port {item.port} proto {item.protocol}"


def _firewalld_family(item: Opening) -> str:
    return "ipv4" if item.family == V4 else "ipv6"


def _limits(item: Opening) -> Iterable[tuple[str, str]]:
    """Yield the sides of *item* that are not any."""
    for name, value in (("source", item.source), ("destination", item.target)):
        if value != EVERYONE[item.family]:
            yield name, value


def firewalld_rules(openings: Iterable[Opening]) -> list[str]:
    """Return the rules as ``firewall-cmd --list-rich-rules`` has them."""
    found = set()
    for item in openings:
        sides = "".join(f' {name} address="{value}"' for name, value in _limits(item))
        port = f'port port="{item.port}" protocol="{item.protocol}"'
        found.add(f'rule family="{_firewalld_family(item)}"{sides} {port} accept')
    return sorted(found)


def firewalld_policy(openings: Iterable[Opening]) -> str | None:
    """Return the file of a policy of our own for what comes to this host; None when there is nothing to open.

    A policy, not a zone: which zone an interface is in stays the administrator's.
    """
    rules = {(item.family, item.protocol, item.port, item.source, item.target): item for item in openings}
    if not rules:
        return None
    policy = ElementTree.Element("policy", target="CONTINUE")
    ElementTree.SubElement(policy, "short").text = POLICY
    ElementTree.SubElement(
        policy, "description"
    ).text = "Managed by the Ansible collection hardened.librespot: what its own table, inet librespot, then judges."
    ElementTree.SubElement(policy, "ingress-zone", name="ANY")
    ElementTree.SubElement(policy, "egress-zone", name="HOST")
    for _key, item in sorted(rules.items()):
        rule = ElementTree.SubElement(policy, "rule", family=_firewalld_family(item))
        for name, value in _limits(item):
            ElementTree.SubElement(rule, name, address=value)
        ElementTree.SubElement(rule, "port", port=str(item.port), protocol=item.protocol)
        ElementTree.SubElement(rule, "accept")
    # ElementTree.indent came with Python 3.9.
    ElementTree.indent(policy)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(policy, encoding="unicode")}\n'
