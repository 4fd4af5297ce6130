# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a relaxation opens can be used by the instance, and what it does not open cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.deployment import APPLY, BEDROOM, KITCHEN, OURS, PORT, confined, specified
from tests.attacks.hosts import Target
from tests.support.plays import Controller

PIPE = "/run/snapserver/librespot"
HOOK = "/usr/local/lib/speaker/hook"
MEDIA = "/srv/music"
PREPARE = f"""\
getent group players >/dev/null || groupadd --system players
mkdir -p /run/snapserver {MEDIA} /srv/private /usr/local/lib/speaker
test -p {PIPE} || mkfifo --mode=0660 {PIPE}
chgrp players /run/snapserver {PIPE}; chmod 0750 /run/snapserver
cp /bin/true {MEDIA}/program; cp /bin/true /run/snapserver/program
echo record > {MEDIA}/track; echo private > /srv/private/file
printf '#!/bin/sh\\nid -un\\necho "$PLAYER_EVENT"\\n' > {HOOK}; chmod 0755 {HOOK}
"""
RELAXED: dict[str, Any] = {
    **KITCHEN,
    "options": {
        "name": "Kitchen",
        "backend": "pipe",
        "device": PIPE,
        "onevent": HOOK,
        "local-file-dir": [MEDIA],
        "cache-size-limit": "100M",
    },
    "relaxations": {
        "fifo": {"reason": "snapserver reads it", "path": PIPE, "group": "players"},
        "hooks": {"reason": "the amplifier is switched", "programs": [HOOK]},
        "media": {"reason": "own records", "paths": [MEDIA]},
        "disk": "a slow line",
    },
}
SHELL = "/bin/sh -c "


@pytest.fixture
def relaxed(host: Target, tmp_path: Path) -> Iterator[Target]:
    """Return a host whose speaker has every relaxation that needs no sound server, and answers with them."""
    host.shell(PREPARE)
    controller = Controller(host, tmp_path)
    controller.converge(APPLY, specified([RELAXED, BEDROOM]))
    assert controller.converge(APPLY, specified([RELAXED, BEDROOM])).recap(host)["changed"] == 0
    assert (host.answer(PORT) or {}).get("remoteName") == "Kitchen"
    yield host
    controller.converge(APPLY, specified())


def inside(host: Target, script: str) -> list[str]:
    """Run a shell script in the sandbox of the speaker, and return what it printed."""
    quoted = script.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    lines = confined(host, OURS, "attack-relaxed.service", f'{SHELL}"{quoted}"')
    return [line.removeprefix("said ") for line in lines if line.startswith("said ")]


def test_relaxations_open_what_they_name(relaxed: Target) -> None:
    state, cache = "/var/lib/librespot/kitchen", "/var/cache/librespot/kitchen"
    reader = relaxed.start("timeout", "30", "cat", PIPE)
    said = inside(
        relaxed,
        f"echo said fifo $(echo sound > {PIPE} && echo written); "
        f"echo said hook $(PLAYER_EVENT=playing {HOOK}); "
        f"echo said media $(cat {MEDIA}/track); "
        f"echo said disk $(echo x > {state}/v && echo y > {cache}/t && cat {state}/v {cache}/t); "
        "echo said scratch $(echo z > /scratch/t && cat /scratch/t)",
    )
    heard, _unused = reader.communicate(timeout=40)
    assert heard == "sound\n"
    assert said == [
        "fifo written",
        "hook librespot-kitchen playing",
        "media record",
        "disk x y",
        "scratch z",
    ]


def test_relaxations_open_nothing_else(relaxed: Target) -> None:
    denied = {
        "write a record": f"echo x > {MEDIA}/track",
        "read beside it": "cat /srv/private/file",
        "replace the hook": f"echo x > {HOOK}",
        "run what it wrote": "cp /bin/true /scratch/t && /scratch/t",
        "run what it kept": "cp /bin/true /var/lib/librespot/kitchen/t && /var/lib/librespot/kitchen/t",
        "run what it cached": "cp /bin/true /var/cache/librespot/kitchen/t && /var/cache/librespot/kitchen/t",
        "run from the pipe's directory": "/run/snapserver/program",
        "write beside the pipe": "echo x > /run/snapserver/t",
        "run a record": f"{MEDIA}/program",
        "read a home": "ls /root || ls /home/*",
        "become root": "su -c id",
        "reach the bus": "test -e /run/dbus",
        "fill the disk": "echo x > /var/tmp/t",
    }
    script = "; ".join(f'({attempt}) >/dev/null 2>&1 && echo "said {name}"' for name, attempt in denied.items())
    assert inside(relaxed, f"{script}; echo said end") == ["end"]
