# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Code that runs as the instance: what it gets at under each unit. A static program tries it all, see probe/probe.c."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.catalogue import ATTACKS
from tests.attacks.deployment import BASELINES, HERE, NEIGHBOUR, OURS, UNITS, baseline, compiled, confined
from tests.attacks.hosts import Target
from tests.attacks.tables import show

BAIT = """\
useradd --create-home attack-alice
chmod 0755 /home/attack-alice
echo secret > /home/attack-alice/notes; chmod 0644 /home/attack-alice/notes
install -m 0600 /dev/null /root/attack-secret; echo secret > /root/attack-secret
mkdir -p /etc/ssh /etc/cron.d /var/lib/attack-neighbour
umask 077; echo secret > /etc/ssh/attack_host_key; echo secret > /etc/ssh/attack_host_key_loose
chmod 0644 /etc/ssh/attack_host_key_loose
umask 022; echo '{"auth_data": "x"}' > /var/lib/attack-neighbour/credentials.json
# A neighbour that logs in by itself ends at once where there is no network, so its login is held by something else.
umask 077; echo '{"auth_data": "x"}' > /etc/librespot/credentials/bedroom.json
systemd-run --unit=attack-login --collect --property=User=nobody \
  --property=LoadCredential=credentials.json:/etc/librespot/credentials/bedroom.json sleep 1800
install -m 4755 -o root /usr/local/lib/attacks/probe /usr/local/lib/attacks/setuid
systemd-run --unit=attack-docker --collect python3 -c '
import os, socket, time
here = socket.socket(socket.AF_UNIX); os.umask(0o117); here.bind("/run/docker.sock"); here.listen(64); time.sleep(1800)'
ipcmk --shmem 4096 --mode 0666 >/dev/null
python3 -c '
import ctypes, os
assert ctypes.CDLL(None, use_errno=True).shmget(0x11b5e5, 4096, 0o1666) >= 0, os.strerror(ctypes.get_errno())'
"""
CLEAN = """\
userdel --remove attack-alice
systemctl stop attack-login.service attack-docker.service
rm -rf /opt/librespot/current/bin/attack-probe /etc/librespot/credentials/bedroom.json /run/docker.sock
"""
LOADED = "/run/credentials/attack-login.service/credentials.json"


@pytest.fixture(scope="session")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the compiled probe: static, so that the sandbox needs nothing added to run it."""
    return compiled(HERE / "probe" / "probe.c", tmp_path_factory.mktemp("probe"))


@pytest.fixture
def baited(host: Target, probe: Path) -> Iterator[Target]:
    """Return a host with what an intruder would look for, and the probe where each unit may execute it."""
    host.install(probe, "/usr/local/lib/attacks/probe")
    host.shell(BAIT)
    host.out("install", "-m", "0755", "/usr/local/lib/attacks/probe", "/opt/librespot/current/bin/attack-probe")
    yield host
    host.shell(CLEAN)


def attempt(host: Target, kind: str) -> dict[str, str]:
    """Run the probe under a unit's own properties and return how each attack ended."""
    unit = OURS if kind == "ours" else baseline(host, kind)
    directory = "/opt/librespot/current/bin" if kind == "ours" else "/usr/local/lib/attacks"
    program = f"{directory}/attack-probe" if kind == "ours" else f"{directory}/probe"
    facts = {
        "victim": str(host.process(NEIGHBOUR)),
        "credentials": "/etc/librespot/credentials/bedroom.json",
        "loaded": LOADED,
        "binary": f"{directory}/librespot",
        "unit": f"{UNITS}/{unit}",
        "setuid": "/usr/local/lib/attacks/setuid",
        "scratch": "/scratch" if kind == "ours" else "/var/tmp",
    }
    command = " ".join([program, *(f"{key}={value}" for key, value in facts.items())])
    lines = [line.split("\t") for line in confined(host, unit, f"attack-{kind}.service", command)]
    rows = [line for line in lines if len(line) == 3]
    assert rows, lines
    assert rows[-1] == ["end", "of", "table"]
    return {name: "succeeded" if result == "succeeded" else why for name, result, why in rows[:-1]}


def test_from_inside(baited: Target) -> None:
    ended = {kind: attempt(baited, kind) for kind in (*BASELINES, "ours")}
    names = [attack.name for _unused, attack in ATTACKS]
    assert names == list(ended["ours"])
    rows = [
        [str(number), attack.tries, *(ended[kind][attack.name] for kind in ended), attack.upstream or "proof"]
        for number, attack in ATTACKS
    ]
    head = ["no.", "attack", *ended, "upstream refuses by"]
    show(f"from inside, on {baited.image}", head, rows)

    wins = {kind: {name for name, result in found.items() if result == "succeeded"} for kind, found in ended.items()}
    assert wins["ours"] == set()
    optional = {attack.name for _unused, attack in ATTACKS if attack.optional}
    proving = {attack.name for _unused, attack in ATTACKS if not attack.upstream}
    assert proving - optional <= wins["upstream"]
    assert wins["upstream"] <= proving | {"kernel_log"}
    assert set(names) - optional <= wins["root"]
