# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The container checks of the CIS Docker Benchmark, on a container of ours and on a plain one."""

from __future__ import annotations

import json

from tests.attacks.tables import show
from tests.containers.benchmark import CHECKS, PASSES, Seen, documented, judged
from tests.containers.plain import NAME as PLAIN
from tests.containers.plain import away, looked_at, plain
from tests.containers.speaker import NAME, Speaker
from tests.support.hosts import CHECKOUT

DOCUMENTATION = CHECKOUT / "docs" / "containers.md"
# What the engine grants or leaves open by itself; that each of these checks can fail is seen here.
PLAIN_FAILS = {
    *("4.1", "4.6", "5.4", "5.11", "5.12", "5.13", "5.14", "5.15"),
    *("5.19", "5.26", "5.27", "5.28", "5.29", "5.30"),
}  # fmt: skip


def _seen(speaker: Speaker, name: str) -> Seen:
    inspected = speaker.inspect(name)
    root = f"/proc/{inspected['State']['Pid']}/root"
    (image,) = json.loads(speaker.docker("image", "inspect", inspected["Image"]))
    return Seen(
        inspected,
        image,
        looked_at(speaker, name),
        speaker.docker("info", "--format", "{{.Swarm.LocalNodeState}}"),
        [line.split()[1] for line in speaker.docker("top", name, "-o", "pid,comm").splitlines()[1:]],
        speaker.host.out("find", root, "-xdev", "-type", "f", "-perm", "/6000").split(),
        speaker.host.out("find", root, "-xdev", "-type", "f").split(),
    )


def test_the_benchmark(running: Speaker) -> None:
    plain(running)
    try:
        ours, theirs = _seen(running, NAME), _seen(running, PLAIN)
    finally:
        away(running)
    rows = [[item.number, item.asks, judged(item, theirs), judged(item, ours), item.why] for item in CHECKS]
    show(f"CIS Docker Benchmark 1.6.0 on {running.host.image}", ["no.", "asks for", "plain", "ours", "why"], rows)
    assert {item.number: judged(item, ours) for item in CHECKS} == {item.number: item.verdict for item in CHECKS}
    fails = {item.number for item in CHECKS if item.judge is not None and judged(item, theirs) != PASSES}
    assert fails == PLAIN_FAILS


def test_the_documentation_has_the_table() -> None:
    assert documented() in DOCUMENTATION.read_text(encoding="utf-8")
