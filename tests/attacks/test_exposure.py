# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What systemd itself says of the sandboxes, side by side, while librespot answers in each."""

from __future__ import annotations

import re

from tests.attacks.deployment import BASELINES, OURS, PORT, baseline
from tests.attacks.hosts import Target
from tests.attacks.tables import show

# The score counts neither limits nor what a file system or a port is restricted to.
BOUNDS = {"root": (9.6, 9.6), "upstream": (8.2, 8.2), "raspotify": (1.3, 1.4), "ours": (0.0, 1.1)}


def exposure(host: Target, unit: str) -> float:
    """Return the live score of *unit*."""
    text = host.out("systemd-analyze", "security", "--no-pager", unit)
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", text)
    assert found, text
    return float(found.group(1))


def test_exposure(host: Target) -> None:
    units = {**{kind: (baseline(host, kind), port) for kind, port in BASELINES.items()}, "ours": (OURS, PORT)}
    rows = []
    scores = {}
    for kind, (unit, port) in units.items():
        answer = host.answer(port)
        assert answer is not None, unit
        scores[kind] = exposure(host, unit)
        user = host.out("stat", "--format=%U", f"/proc/{host.process(unit)}").strip()
        assert (user == "root") == (kind == "root")
        rows.append([kind, f"{scores[kind]:.1f}", user, str(answer["libraryVersion"]), str(answer["remoteName"])])
    show(f"exposure on {host.image}", ["unit", "exposure", "user", "librespot", "answers as"], rows)
    for kind, (least, most) in BOUNDS.items():
        assert least <= scores[kind] <= most, kind
