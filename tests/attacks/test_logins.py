# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins from strangers: badly made ones, and well made ones that are worth nothing."""

from __future__ import annotations

import time

from tests.attacks.deployment import BASELINES, OURS, PORT, baseline
from tests.attacks.hosts import Target, until
from tests.attacks.login import encoded, form, malformed
from tests.attacks.tables import show

ROUNDS = 40
"""How often each malformed login is sent: enough for a thousand requests."""
LOGINS = 50
BACK_S = 10.0


def flood(host: Target, unit: str, port: int) -> tuple[int, int]:
    """Send every malformed login many times; return requests sent and lines logged. The process must outlive it."""
    info = host.answer(port)
    assert info is not None
    before, since = host.show(unit, "MainPID", "NRestarts"), host.now()
    bodies = malformed(info)
    for _unused in range(ROUNDS):
        for name, body in bodies.items():
            assert host.post(port, body) in {0, 200, 404}, name
    host.out("journalctl", "--sync")
    assert host.show(unit, "MainPID", "NRestarts") == before
    assert host.answer(port) is not None
    return ROUNDS * len(bodies), len(host.journal(unit, since))


def test_malformed_logins(host: Target) -> None:
    sent, theirs = flood(host, baseline(host, "upstream"), BASELINES["upstream"])
    _unused, ours = flood(host, OURS, PORT)
    show(
        f"malformed logins on {host.image}",
        ["unit", "requests", "lines in the log", "effect"],
        [["upstream", str(sent), str(theirs), "none but the log"], ["ours", str(sent), str(ours), "none"]],
    )
    assert theirs > 5 * sent
    assert ours < sent


def knock_out(host: Target, unit: str, port: int, patience: float) -> float:
    """Hand over a worthless login; return the seconds after which the instance answers as a new process."""
    info = host.answer(port)
    assert info is not None
    before = host.process(unit)
    start = time.monotonic()
    assert host.post(port, encoded(form(info, "nobody"))) == 200
    until(lambda: host.process(unit) not in (before, 0), patience, f"{unit} was started again")
    until(lambda: host.answer(port), patience, f"{unit} answers again")
    return time.monotonic() - start


def test_worthless_logins(host: Target) -> None:
    theirs = knock_out(host, baseline(host, "upstream"), BASELINES["upstream"], 60)
    assert theirs > BACK_S
    times = []
    for _unused in range(LOGINS):
        times.append(knock_out(host, OURS, PORT, BACK_S))
        assert host.show(OURS, "ActiveState", "SubState") == {"ActiveState": "active", "SubState": "running"}
    show(
        f"worthless logins on {host.image}",
        ["unit", "logins", "back after, on average", "at most"],
        [
            ["upstream", "1", f"{theirs:.1f} s", f"{theirs:.1f} s"],
            ["ours", str(LOGINS), f"{sum(times) / LOGINS:.1f} s", f"{max(times):.1f} s"],
        ],
    )
    assert max(times) < BACK_S
