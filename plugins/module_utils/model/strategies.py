# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The five strategies of the catalogue, each a family of controls, with the threats that it answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Strategy:
    """A family of controls. *threats* pairs each threat with how bad it is."""

    id: str
    title: str
    threats: tuple[tuple[str, str], ...]


STRATEGIES: tuple[Strategy, ...] = (
    Strategy(
        "NET",
        "Restrict who reaches it",
        (
            ("Unauthorized access", "High"),
            ("Remote exploitation", "High"),
            ("Denial of service", "Medium"),
            ("Attacks from the network, such as a man in the middle", "Medium"),
        ),
    ),
    Strategy(
        "CON",
        "Isolate it in a container",
        (
            ("Compromise of the host", "High"),
            ("Lateral movement", "Medium"),
            ("Exhaustion of resources", "Medium"),
            ("Conflicts of dependencies", "Low"),
        ),
    ),
    Strategy(
        "UPD",
        "Keep it and what it is made of up to date",
        (
            ("Known vulnerabilities in librespot", "High"),
            ("Known vulnerabilities in its dependencies", "Medium"),
            ("Attacks on the supply chain", "Medium"),
        ),
    ),
    Strategy(
        "CFG",
        "Configure it securely",
        (
            ("Misconfiguration", "Medium to High"),
            ("Weak configuration", "Medium"),
            ("Features that nobody needs", "Medium"),
        ),
    ),
    Strategy(
        "RES",
        "Limit what it can use",
        (
            ("Denial of service by exhaustion", "Medium to High"),
            ("Leaks by faults or exploits", "Medium"),
            ("Starvation of other processes", "Medium"),
        ),
    ),
)


def strategy_of(control: str) -> str:
    """Return the id of the strategy that the id of a *control* belongs to."""
    return control.partition("-")[0]
