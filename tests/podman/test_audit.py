# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit of a Quadlet: all green as deployed, and exactly what was declared red when something is taken away."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.controls import OF_CONTAINERS
from tests.attacks.deployment import KITCHEN, ZONES
from tests.containers.mutation import dies
from tests.containers.speaker import NAME
from tests.containers.test_audit import ALL, CUT_OFF, UNKNOWN
from tests.mutants.catalogue import Mutant
from tests.mutants.world import red
from tests.network.audits import audit
from tests.podman.quadlet import FILE, Quadlet
from tests.upkeep.test_upkeep import MUTANTS as ATTESTED

WANTED: dict[str, Any] = {"instances": [KITCHEN], "zones": ZONES, "deployment": "container", "engine": "podman"}
_RESTART = f"systemctl daemon-reload; systemctl restart {NAME}; sleep 3"
_PACKAGED = f"/usr/share/containers/systemd/{NAME}.container.d"

MUTANTS = (
    Mutant(
        "limits-raised",
        f"podman update --memory 1g --memory-swap 2g --pids-limit 4000 {NAME} >/dev/null",
        "CON-04 limits kitchen, RES-04 limits kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        "with-capabilities-and-no-filter",
        f"sed -i 's/^DropCapability=.*//; s/^SeccompProfile=.*/SeccompProfile=unconfined/' {FILE}; {_RESTART}",
        "CON-03 isolation kitchen, CON-06 calls kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        "a-file-in-the-image",
        f"root=$(podman mount {NAME}); mkdir -p $root/usr/bin; cp /bin/true $root/usr/bin/sh; podman umount {NAME}",
        "CON-01 files kitchen, CFG-06 drift kitchen",
    ),
    UNKNOWN,
    Mutant(
        "another-container-on-its-network",
        f"podman run --detach --rm --name guest --network {NAME} $(podman inspect --format '{{{{.Image}}}}' {NAME})"
        " --name Guest >/dev/null",
        "CON-05 network kitchen, NET-10 bridge kitchen",
        by_hand="podman rm --force guest >/dev/null",
    ),
    Mutant(
        "containers-may-reach-each-other",
        f"sed -i 's/^Options=isolate=strict//' /etc/containers/systemd/{NAME}.network; systemctl daemon-reload\n"
        f"systemctl stop {NAME} {NAME}-network; podman network rm {NAME}; systemctl start {NAME}; sleep 3",
        "CON-05 network kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        "a-drop-in-of-its-service",
        f"mkdir -p /etc/systemd/system/{NAME}.service.d\n"
        f"echo '[Unit]\nUpholds=' > /etc/systemd/system/{NAME}.service.d/alone.conf; systemctl daemon-reload",
        "CFG-06 drift kitchen",
    ),
    Mutant(
        # What is in its file now is not what its process has.
        "a-looser-filter-when-it-started",
        "file=$(echo /opt/librespot/seccomp/*.json); cp $file /root/kept\n"
        f'sed -i \'s/"defaultAction":"SCMP_ACT_ERRNO"/"defaultAction":"SCMP_ACT_LOG"/\' $file; {_RESTART}\n'
        "mv /root/kept $file",
        "CON-06 calls kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        "nothing-hidden-when-it-started",
        f"cp {FILE} /root/kept; sed -i 's/^Mask=.*//' {FILE}; {_RESTART}\n"
        f"mv /root/kept {FILE}; systemctl daemon-reload",
        "CON-03 isolation kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        # That of which neither the engine nor the process tells.
        "left-silent-when-it-started",
        f"cp {FILE} /root/kept; sed -i s/^HealthOnFailure=kill/HealthOnFailure=none/ {FILE}; {_RESTART}\n"
        f"mv /root/kept {FILE}; systemctl daemon-reload",
        "CFG-06 drift kitchen",
    ),
    Mutant(
        "added-by-a-package",
        f"mkdir -p {_PACKAGED}; echo '[Container]\nUnmask=ALL' > {_PACKAGED}/more.conf; systemctl daemon-reload",
        "CFG-06 drift kitchen",
        by_hand=f"rm -r {_PACKAGED}; systemctl daemon-reload",
    ),
    Mutant(
        "nobody-looks-at-its-health",
        f"systemctl stop \"$(podman container inspect --format '{{{{.Id}}}}' {NAME})*.timer\"; sleep 130",
        "CON-10 health kitchen, CFG-06 drift kitchen",
    ),
    CUT_OFF,
    Mutant(
        "not-translated",
        "nft flush chain inet netavark NETAVARK-HOSTPORT-DNAT",
        "CON-10 answers kitchen",
        by_hand=f"systemctl restart {NAME}; sleep 3",
    ),
    Mutant(
        "sent-to-an-impostor",
        f"hosts=$(podman inspect --format '{{{{.HostsPath}}}}' {NAME})\n"
        'echo "10.0.0.66 apresolve.spotify.com" >> $hosts',
        "CON-03 isolation kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        # Of Podman the published port goes as well.
        "the-engines-rules-flushed",
        "systemctl restart nftables.service; sleep 2",
        "CON-10 translation kitchen, CON-10 outside kitchen, CON-10 answers kitchen",
        by_hand="podman network reload --all",
    ),
    # With it goes its bridge.
    Mutant("gone", f"systemctl stop {NAME}", f"{ALL}, CON-10 translation kitchen"),
    Mutant(
        "no-health-and-another-signal",
        f"sed -i 's/^Health.*//; s/^StopSignal=.*/StopSignal=SIGTERM/; s/^HealthCmd.*//' {FILE}\n"
        f"echo '[Container]' >> {FILE}; echo HealthCmd=none >> {FILE}; {_RESTART}",
        "CON-10 health kitchen, CFG-06 drift kitchen",
    ),
)


def test_as_deployed_nothing_is_red_and_every_control_of_containers_is_looked_at(running: Quadlet) -> None:
    """Also the stranger of NET-10, who asks for the published port at all addresses, and at the container's."""
    found = audit(running.host, WANTED)
    assert red(found) == {}
    assert {item["id"] for item in found} >= OF_CONTAINERS
    assert ("NET-10", "stranger") in {(item["id"], item["check"]) for item in found}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant(running: Quadlet, mutant: Mutant) -> None:
    dies(running.host, mutant, lambda: audit(running.host, WANTED), running.converge)


def test_every_control_of_containers_has_a_mutant() -> None:
    killed = {control for mutant in MUTANTS for control, _check, _scope in mutant.declared(enforces=True)}
    attested = {control for mutant in ATTESTED for control, _check in mutant.of("container")}
    assert killed | attested >= OF_CONTAINERS


def test_without_the_table_a_stranger_is_answered(running: Quadlet) -> None:
    """Else the test above would be green for another reason than the table."""
    running.host.out("nft", "flush", "table", "inet", "librespot")
    found = red(audit(running.host, WANTED))
    assert ("NET-10", "stranger", "kitchen") in found
    running.converge()
    assert red(audit(running.host, WANTED)) == {}


def test_what_the_hosts_settings_add_is_seen_and_named(running: Quadlet) -> None:
    host, settings = running.host, "/etc/containers/mounts.conf"
    host.shell(f"mkdir -p /root/more && echo hidden > /root/more/file && echo /root/more:/run/more > {settings}")
    try:
        host.shell(f"systemctl restart {NAME}")
        assert set(red(audit(host, WANTED))) == {("CON-03", "isolation", "kitchen"), ("CFG-06", "drift", "kitchen")}
        done = running.run()
        assert done.status
        assert "/run/more (tmpfs) is mounted" in done.output
        assert "containers-mounts.conf" in done.output
    finally:
        host.shell(f"rm -rf {settings} /root/more")
    running.converge()
    assert red(audit(host, WANTED)) == {}


def test_whoever_is_in_its_network_is_named_before_anything_changes(running: Quadlet) -> None:
    host = running.host
    guest = f"podman run --detach --name guest --network container:{NAME} $image --name Guest >/dev/null"
    host.shell(f"image=$(podman inspect --format '{{{{.Image}}}}' {NAME}); {guest}")
    before = running.identity
    for changes in ({"limits": {"memory": "200M"}}, {"state": "absent"}):
        done = running.run(changes)
        assert done.status
        assert "podman rm --force guest" in done.output
        assert (running.identity, running.answers) == (before, True)
    # It ends by itself, and cannot be started again.
    host.shell(f"kill -9 $(podman inspect --format '{{{{.State.Pid}}}}' {NAME})")
    assert running.run().status
    host.shell("podman rm --force guest")
    running.converge()
    assert running.answers
    assert red(audit(host, WANTED)) == {}
