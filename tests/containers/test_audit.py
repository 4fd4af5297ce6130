# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit of a container: all green as deployed, and exactly what was declared red when something is taken away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.controls import OF_CONTAINERS
from ansible_collections.hardened.librespot.plugins.module_utils.planners.announcement import AVAHI
from tests.attacks.deployment import KITCHEN, PORT, ZONES
from tests.attacks.tables import show
from tests.containers.mutation import by_hand, dies, made_again, made_with
from tests.containers.speaker import NAME, Speaker
from tests.mutants.catalogue import Mutant
from tests.mutants.world import Findings, red
from tests.network.audits import audit
from tests.upkeep.test_upkeep import MUTANTS as ATTESTED

WANTED: dict[str, Any] = {"instances": [KITCHEN], "zones": ZONES, "deployment": "container"}
ALL = ", ".join(f"{name} kitchen" for name in (
    "CFG-01 options", "CFG-03 relaxations", "CON-01 files", "CON-02 image", "CON-03 isolation", "CON-04 limits",
    "CON-05 network", "CON-06 calls",
    "CON-07 profile", "CON-10 health", "CON-10 answers", "CON-10 outside", "RES-04 limits", "NET-10 bridge",
    "UPD-05 crates", "CFG-06 drift",
))  # fmt: skip
_WHERE = f"""\
address=$(docker inspect --format '{{{{(index (index .HostConfig.PortBindings "{PORT}/tcp") 0).HostIp}}}}' {NAME})
"""
# The root is read-only as the process sees it, and so it is for the engine; this is where it lies on the host.
_ROOT = f"""\
driver=$(docker info --format '{{{{.Driver}}}}'); id=$(docker inspect --format '{{{{.Id}}}}' {NAME})
layer=$(cat /var/lib/docker/image/$driver/layerdb/mounts/$id/mount-id)
if [ $driver = vfs ]; then root=vfs/dir/$layer; else root=$driver/$layer/diff; fi; cd /var/lib/docker/$root
"""

# Written anew, and not by a file in their place: what is mounted is the file.
_FILES = f"""\
hosts=$(docker inspect --format '{{{{.HostsPath}}}}' {NAME})
servers=$(docker inspect --format '{{{{.ResolvConfPath}}}}' {NAME})
"""

_PID = f"pid=$(docker inspect --format '{{{{.State.Pid}}}}' {NAME})\n"
_SYSFS = """
import ctypes, os, sys
libc, inside = ctypes.CDLL(None), os.open(f"/proc/{sys.argv[1]}/ns/mnt", os.O_RDONLY)
sys.exit(libc.setns(inside, 0x20000) or libc.mount(b"none", b"/sys", b"sysfs", 1, None))
"""

_HEALTHY = f"""for _try in $(seq 60); do
docker inspect --format '{{{{.State.Health.Status}}}}' {NAME} | grep -q ^healthy && break; sleep 1; done"""

CUT_OFF = Mutant(
    # It answers itself, and nobody reaches it.
    "its-bridge-is-down",
    "ip link set lsp-kitchen down",
    "CON-10 answers kitchen, CON-10 outside kitchen",
    by_hand="ip link set lsp-kitchen up; sleep 3",
)
UNKNOWN = Mutant(
    "an-image-that-nobody-knows",
    "rm /opt/librespot/images/*.json",
    "CON-01 files kitchen, CON-02 image kitchen, CFG-06 drift kitchen",
)
MUTANTS = (
    Mutant(
        "limits-raised",
        f"docker update --memory 1g --memory-swap 2g --pids-limit 4000 {NAME} >/dev/null",
        "CON-04 limits kitchen, RES-04 limits kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        "run-by-hand",
        _WHERE + by_hand(f"--network {NAME} --publish $address:{PORT}:{PORT} --security-opt seccomp=unconfined"),
        "CFG-01 options kitchen, CON-03 isolation kitchen, CON-04 limits kitchen, CON-06 calls kitchen, "
        "RES-04 limits kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        # As whoever is root can, and a hook of the engine's runtime: what hides it is covered.
        "shown-more-of-the-kernel",
        _PID + f"python3 -c '{_SYSFS}' $pid",
        "CON-03 isolation kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        "may-leave-a-core",
        made_with('host["Ulimits"] = [item for item in host["Ulimits"] if item["Name"] != "core"]'),
        "CON-04 limits kitchen, RES-04 limits kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        "others-go-first-when-memory-runs-out",
        made_with('host["OomScoreAdj"] = 0'),
        "CON-04 limits kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        "a-guest-of-the-engines-in-it",
        f"docker exec --detach --user 0 {NAME} /usr/bin/librespot --name Guest --zeroconf-port 4444",
        "CON-03 isolation kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        # As whoever may write below the engine's directory can: librespot asks that name where Spotify is.
        "sent-to-an-impostor",
        _FILES + 'echo "10.0.0.66 apresolve.spotify.com" >> $hosts',
        "CON-03 isolation kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        "asks-another-name-server",
        _FILES + 'echo "nameserver 10.0.0.66" > $servers',
        "CON-03 isolation kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        "off-its-network",
        f"docker network disconnect {NAME} {NAME}",
        "CON-05 network kitchen, CON-10 answers kitchen, CON-10 outside kitchen, NET-10 bridge kitchen, "
        "CFG-06 drift kitchen",
    ),
    CUT_OFF,
    Mutant(
        # Either alone stands in for the other.
        "neither-translated-nor-passed-on",
        "iptables --table nat --flush DOCKER; kill -KILL $(pidof docker-proxy); sleep 1",
        "CON-10 answers kitchen",
        by_hand=f"docker restart {NAME} >/dev/null; sleep 3",
    ),
    Mutant(
        # Debian's /etc/nftables.conf begins with a flush of all tables. Ours comes back.
        "the-engines-rules-flushed",
        "systemctl restart nftables.service; sleep 2",
        "CON-10 translation kitchen, CON-10 outside kitchen",
        by_hand=f"systemctl restart docker; {_HEALTHY}",
    ),
    Mutant(
        "nothing-is-forwarded",
        "sysctl --quiet --write net.ipv4.ip_forward=0",
        "CON-10 translation kitchen, CON-10 outside kitchen",
        by_hand="sysctl --quiet --write net.ipv4.ip_forward=1",
    ),
    Mutant(
        "somebody-drops-what-it-sends",
        "iptables --insert DOCKER-USER --in-interface lsp-kitchen --jump DROP",
        "CON-10 outside kitchen",
        by_hand="iptables --delete DOCKER-USER --in-interface lsp-kitchen --jump DROP",
    ),
    Mutant(
        "fewer-shares-of-the-processor",
        f"docker update --cpu-shares 2 {NAME} >/dev/null",
        # Nobody has a reason for it either.
        "CFG-06 drift kitchen, CFG-07 rationale kitchen",
    ),
    Mutant(
        "nothing-of-images",
        "rm -r /opt/librespot/images",
        "CON-01 files kitchen, CON-02 image kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        "a-firewall-that-loads-nothing",
        "mkdir -p /usr/local/lib/systemd/system/librespot-firewall.service.d\n"
        "printf '[Service]\\nExecStart=\\nExecStart=/bin/true\\n'"
        " > /usr/local/lib/systemd/system/librespot-firewall.service.d/x.conf\nsystemctl daemon-reload",
        "NET-03 boot host, CFG-06 drift host",
    ),
    Mutant(
        "an-engine-that-no-boot-starts",
        "systemctl disable --quiet docker.service docker.socket",
        "CON-10 boot host",
        by_hand="systemctl enable --quiet docker.service docker.socket",
    ),
    Mutant(
        "avahi-stopped",
        "systemctl stop avahi-daemon.socket avahi-daemon.service",
        "CON-10 announced host",
        by_hand="systemctl start avahi-daemon.socket avahi-daemon.service",
    ),
    Mutant(
        "avahi-publishes-nothing",
        f"cp {AVAHI} /root/kept; sed -i 's/.*disable-publishing=.*/disable-publishing=yes/' {AVAHI}\n"
        "systemctl restart avahi-daemon.service",
        "CON-10 announced host",
        by_hand=f"mv /root/kept {AVAHI}; systemctl restart avahi-daemon.service",
    ),
    Mutant("not-announced", f"rm /etc/avahi/services/{NAME}.service", "CFG-06 drift kitchen"),
    Mutant("the-engines-own-filter", made_again("seccomp"), "CON-06 calls kitchen, CFG-06 drift kitchen"),
    Mutant(
        "a-file-in-the-image",
        _ROOT + "mkdir -p usr/bin; cp /bin/true usr/bin/sh",
        "CON-01 files kitchen, CFG-06 drift kitchen",
    ),
    Mutant("set-user-id", _ROOT + "chmod 6755 usr/bin/librespot", "CON-01 files kitchen, CFG-06 drift kitchen"),
    Mutant(
        "another-sbom",
        _ROOT + "sed -i s/libc6/libc7/g usr/share/sbom/librespot.cdx.json",
        "CON-01 files kitchen, CON-02 image kitchen, CFG-06 drift kitchen",
    ),
    UNKNOWN,
    Mutant(
        "another-container-on-its-network",
        f"docker run --detach --rm --name guest --network {NAME} $(docker inspect --format '{{{{.Image}}}}' {NAME})"
        " --name Guest >/dev/null",
        "CON-05 network kitchen, NET-10 bridge kitchen",
        by_hand="docker rm --force guest >/dev/null",
    ),
    Mutant(
        "containers-may-reach-each-other",
        f"docker network disconnect {NAME} {NAME}; docker network rm {NAME} >/dev/null\n"
        f"docker network create --label hardened.librespot.instance=kitchen "
        f"-o com.docker.network.bridge.name=lsp-kitchen {NAME} >/dev/null; docker network connect {NAME} {NAME}",
        "CON-05 network kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        "wedged-and-nobody-looks",
        "systemctl stop hardened-librespot-containers.timer\n"
        f"kill -STOP $(docker inspect --format '{{{{.State.Pid}}}}' {NAME})\n"
        f"for _try in $(seq 90); do docker inspect --format '{{{{.State.Health.Status}}}}' {NAME} | grep -q unhealthy"
        " && break; sleep 1; done",
        "CON-10 health kitchen, CON-10 answers kitchen, CFG-06 drift kitchen, CFG-06 drift host",
    ),
    Mutant(
        "paused",
        f"systemctl stop hardened-librespot-containers.timer; docker pause {NAME} >/dev/null",
        # Its network is as it was, and so is the program that it runs.
        ALL.replace("CFG-01 options kitchen, CFG-03 relaxations kitchen, ", "")
        .replace("UPD-05 crates kitchen, ", "")
        .replace("NET-10 bridge kitchen, ", "")
        .replace("CON-10 outside kitchen, ", "")
        + ", CFG-06 drift host",
    ),
    Mutant(
        # It is on no network itself.
        "another-container-in-its-own-network",
        f"image=$(docker inspect --format '{{{{.Image}}}}' {NAME})\n"
        f"docker run --detach --rm --name guest --network container:{NAME} $image"
        " --name Guest --backend pipe --zeroconf-port 4444 >/dev/null; sleep 2",
        "CON-05 network kitchen",
        by_hand="docker rm --force guest >/dev/null",
    ),
    Mutant(
        "nobody-brings-it-back",
        "for unit in timer service; do mkdir -p /etc/systemd/system/hardened-librespot-containers.$unit.d; done\n"
        "printf '[Timer]\\nOnActiveSec=\\nOnUnitInactiveSec=\\nOnActiveSec=365d\\n'"
        " > /etc/systemd/system/hardened-librespot-containers.timer.d/x.conf\n"
        "printf '[Service]\\nExecStart=\\nExecStart=/bin/true\\n'"
        " > /etc/systemd/system/hardened-librespot-containers.service.d/x.conf\n"
        "systemctl daemon-reload; systemctl restart hardened-librespot-containers.timer",
        "CFG-06 drift host",
    ),
    # It is still the only one on its bridge, and answers.
    Mutant(
        "renamed",
        f"docker rename {NAME} something",
        ALL.replace("NET-10 bridge kitchen, ", "").replace("CON-10 answers kitchen, ", ""),
    ),
    Mutant(
        # With another name nobody would look for it.
        "one-more-of-ours",
        f"docker run --detach --name something --label hardened.librespot.instance=kitchen --network none "
        f"$(docker inspect --format '{{{{.Image}}}}' {NAME}) --name Guest >/dev/null",
        "CFG-06 drift kitchen",
    ),
    Mutant("gone", f"docker rm --force {NAME} >/dev/null", ALL),
)


@pytest.fixture
def healthy(speaker: Speaker) -> Iterator[Speaker]:
    """Return the host with the kitchen as it shall be, and leave it so."""
    speaker.converge()
    yield speaker
    speaker.converge()


def _audit(speaker: Speaker) -> Findings:
    return audit(speaker.host, WANTED)


def test_as_deployed_nothing_is_red_and_every_control_of_containers_is_looked_at(healthy: Speaker) -> None:
    found = _audit(healthy)
    assert red(found) == {}
    assert {item["id"] for item in found} >= OF_CONTAINERS
    rows = [[item["id"], item["check"], item["status"], item["observed"][:70]] for item in found]
    show(f"audit of a container on {healthy.host.image}", ["control", "check", "status", "seen"], rows)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant(healthy: Speaker, mutant: Mutant) -> None:
    dies(healthy.host, mutant, lambda: _audit(healthy), healthy.converge)


def test_every_control_of_containers_has_a_mutant() -> None:
    killed = {control for mutant in MUTANTS for control, _check, _scope in mutant.declared(enforces=True)}
    attested = {control for mutant in ATTESTED for control, _check in mutant.of("container")}
    assert killed | attested >= OF_CONTAINERS


def test_what_the_audit_says_takes_a_guest_off(healthy: Speaker) -> None:
    """A run does not: the guest is somebody's."""
    host, name = healthy.host, "guest"
    image = healthy.inspect()["Image"]
    healthy.docker("run", "--detach", "--name", name, "--network", NAME, image, "--name", "Guest")
    try:
        said = _audit(healthy)
        (found,) = [item for item in said if (item["id"], item["check"]) == ("CON-05", "network")]
        (bridge,) = [item for item in said if (item["id"], item["check"]) == ("NET-10", "bridge")]
        assert bridge["remedy"] == "Take off who else is on it: CON-05 of kitchen says who it is, and how"
        assert found["remedy"] == f"Take it off: docker network disconnect --force {NAME} {name}"
        host.shell(found["remedy"].partition(": ")[2])
        assert red(_audit(healthy)) == {}
    finally:
        healthy.docker("rm", "--force", name)


def test_a_network_on_the_addresses_of_a_zone_is_warned_of_and_moves_as_the_remedy_says(healthy: Speaker) -> None:
    host, access = healthy.host, {"access": ["guests", "lab"]}
    (subnet,) = host.out("ip", "-4", "route", "show", "dev", "lsp-kitchen", "scope", "link").split()[:1]
    guests = f"{subnet.partition('/')[0]}/24"
    zones = {**ZONES, "guests": {"networks": [guests]}}
    wanted = {**WANTED, "instances": [{**KITCHEN, **access}], "zones": zones}
    said = f"the network {subnet} of {NAME} overlaps {guests} of zone guests"
    try:
        # However long its lines are.
        assert said in " ".join(healthy.run(access, librespot_zones=zones).output.split())
        assert list(red(audit(host, wanted))) == [("CON-05", "addresses", "kitchen")]
        pools = '{"default-address-pools": [{"base": "172.30.0.0/16", "size": 28}]}'
        host.shell(
            f"mkdir -p /etc/docker; echo '{pools}' > /etc/docker/daemon.json; systemctl restart docker", timeout=120
        )
        host.shell(f"docker rm --force {NAME} && docker network rm {NAME}")
        assert "overlaps" not in healthy.run(access, librespot_zones=zones).output
        assert red(audit(host, wanted)) == {}
        assert "172.30.0." in host.out("ip", "-4", "route", "show", "dev", "lsp-kitchen")
    finally:
        host.shell(f"rm -f /etc/docker/daemon.json; docker rm --force {NAME}; docker network rm {NAME}")
        host.shell("systemctl restart docker", timeout=120)


def test_what_shall_not_be_announced_is_not(healthy: Speaker) -> None:
    """Nor is avahi needed then, without which a run changes nothing."""
    host, file = healthy.host, f"/etc/avahi/services/{NAME}.service"
    host.shell("systemctl stop avahi-daemon.socket avahi-daemon.service")
    done = healthy.run({"limits": {"tasks": 99}})
    assert "avahi-daemon does not run on this host" in done.output
    assert (done.status != 0, done.recap(host)["changed"]) == (True, 0)
    assert healthy.converge(librespot_container_announce=False) == 1
    assert host.run("test", "-e", file).returncode
    assert red(audit(host, {**WANTED, "announce": False})) == {}
    host.shell("systemctl start avahi-daemon.service")
    assert set(red(audit(host, WANTED))) == {("CFG-06", "drift", "kitchen")}
    assert healthy.converge() == 1
    assert red(audit(host, WANTED)) == {}
