# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A container on the host's network, by its relaxation: the firewall's table alone stands between it and everyone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.image import PROBE
from tests.attacks.deployment import KITCHEN, OURS, PORT
from tests.attacks.hosts import Target, networked, until
from tests.attacks.tables import show
from tests.containers.mutation import by_hand, dies
from tests.containers.neighbour import METADATA, Address, ask, browse, reach, serving
from tests.containers.plain import NAME as PLAIN
from tests.containers.plain import PORT as PLAIN_PORT
from tests.containers.plain import away, plain
from tests.containers.speaker import NAME, Speaker
from tests.containers.test_lifecycle import heard
from tests.containers.test_reach import ELSEWHERE, SSH, neighbour
from tests.mutants.catalogue import Mutant
from tests.mutants.world import Findings, red
from tests.network.audits import audit

__all__ = ["neighbour"]

REASON = "this engine makes no bridges"
SHARED: dict[str, Any] = {"relaxations": {"host_network": REASON}, "access": ["home"]}
GAP_S = 30.0
OPEN_PORT = 4444
GUEST_PORT = 38020

_TABLE = ", ".join(f"{name} kitchen" for name in ("NET-11 send", "NET-12 families"))

MUTANTS = (
    Mutant(
        "no-table",
        "nft delete table inet librespot",
        f"NET-03 table host, NET-04 table host, NET-09 table host, NET-11 table host, {_TABLE}, CFG-06 drift host",
    ),
    Mutant(
        "run-by-hand-at-another-port",
        by_hand("--network host --security-opt seccomp=unconfined", OPEN_PORT),
        "CFG-01 options kitchen, NET-01 sockets kitchen, CON-03 isolation kitchen, CON-04 limits kitchen, "
        "CON-06 calls kitchen, RES-04 limits kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        "published-instead",
        by_hand(f"--publish {PORT}:{PORT}"),
        "CFG-01 options kitchen, CON-03 isolation kitchen, CON-04 limits kitchen, CON-05 network kitchen, "
        "CON-06 calls kitchen, RES-04 limits kitchen, CFG-06 drift kitchen",
    ),
)


def _zones(*who: str) -> dict[str, Any]:
    return {"home": {"networks": [f"{address}/32" for address in who]}}


def _tests(speaker: Speaker) -> str:
    return networked(speaker.host.name, "Gateway")


def converge(speaker: Speaker, *changes: dict[str, Any], **more: Any) -> int:
    """Deploy the kitchen on the host's network, with *changes*; the tests alone are trusted."""
    return speaker.converge(SHARED, *changes, **{"librespot_zones": _zones(_tests(speaker)), **more})


@pytest.fixture
def shared(speaker: Speaker) -> Speaker:
    """Return the host with the kitchen on its network."""
    converge(speaker)
    return speaker


def _is_the_hosts(speaker: Speaker, kind: str) -> bool:
    pid = speaker.inspect()["State"]["Pid"]
    mine, hosts = (speaker.host.out("readlink", f"/proc/{which}/ns/{kind}") for which in (pid, 1))
    return mine == hosts


def test_it_comes_as_foretold_and_goes_without_a_trace(speaker: Speaker) -> None:
    speaker.converge(librespot_state="absent")
    before = speaker.host.snapshot()
    foretold = converge(speaker, options=["--check"])
    assert (speaker.host.snapshot(), speaker.names) == (before, [])
    assert converge(speaker) == foretold
    until(lambda: speaker.answers, 20, "it answers")
    assert [kind for kind in ("net", "pid", "ipc", "uts", "mnt", "cgroup") if _is_the_hosts(speaker, kind)] == ["net"]
    identity = speaker.identity
    assert converge(speaker) == 0
    assert speaker.identity == identity
    # Its trial, on a bridge of the moment, is before that.
    assert converge(speaker, {"options": {"name": "Cook"}}) == 1
    assert speaker.identity != identity
    assert speaker.names == [NAME]
    assert NAME not in speaker.docker("network", "ls", "--format", "{{.Name}}").split()
    converge(speaker, librespot_state="absent")
    assert (speaker.host.snapshot(), speaker.names) == (before, [])


def test_it_is_found_and_answers_the_trusted_where_it_is_bound(shared: Speaker, neighbour: Target) -> None:
    """A stranger is answered nowhere; a plain container on the host's network answers everyone everywhere."""
    plain(shared, ("--network", "host"))
    rows, said = [], {}
    try:
        for name, port in ((PLAIN, PLAIN_PORT), (NAME, PORT)):
            places: list[Address] = [(shared.host.address, port), (ELSEWHERE, port)]
            said[name, "a stranger"] = ask(neighbour, places)
            converge(shared, librespot_zones=_zones(_tests(shared), neighbour.address))
            said[name, "a trusted host"] = ask(neighbour, places)
            until(lambda: "Kitchen" in browse(neighbour), 30, "a DNS-SD browser on another host finds it")
            assert browse(neighbour)["Kitchen"] == (shared.host.address, PORT)
            converge(shared)
    finally:
        away(shared)
    rows = [[name, who, *("answered" if item else "silent" for item in found)] for (name, who), found in said.items()]
    show(f"on the host's network of {shared.host.image}", ["container", "to", "at its bind", "elsewhere"], rows)
    assert said == {
        (PLAIN, "a stranger"): [True, True],
        (PLAIN, "a trusted host"): [True, True],
        (NAME, "a stranger"): [False, False],
        (NAME, "a trusted host"): [True, False],
    }


def test_13_its_user_reaches_nothing_near_and_serves_on_no_other_port(shared: Speaker, neighbour: Target) -> None:
    user, address = shared.host.out("id", "--user", NAME).strip(), shared.host.address
    leads = {
        PLAIN: ["setpriv", "--reuid=65534", "--clear-groups"],
        NAME: ["setpriv", f"--reuid={user}", "--clear-groups"],
    }
    near = {
        "the host's SSH, by its address": ("tcp", address, SSH),
        "the host's SSH, by its loopback": ("tcp", "127.0.0.1", SSH),
        "a neighbour on the LAN": ("tcp", neighbour.address, 8080),
        "a metadata address": ("tcp", METADATA, 80),
        "another resolver": ("udp", neighbour.address, 53),
    }
    won: dict[str, list[bool]] = {}
    with serving(neighbour, "tcp:8080", "tcp:80", "udp:53"), serving(shared.host, f"tcp:{SSH}"):
        for name, lead in leads.items():
            found = reach(shared.host, list(near.values()), lead)
            with serving(shared.host, f"tcp:{OPEN_PORT}", "unbound:0", inside=lead) as ports:
                won[name] = [*found, *reach(neighbour, [("tcp", address, port) for port in ports])]
    ways = [*near, "serves on another port", "serves by listen() without bind()"]
    rows = [[way, *("succeeded" if won[name][at] else "refused" for name in leads)] for at, way in enumerate(ways)]
    show(f"13. as the user, on the host's network of {shared.host.image}", ["attack", "another user", "ours"], rows)
    assert all(won[PLAIN])
    assert not any(won[NAME])


def test_its_trials_are_reached_by_nobody_and_reach_nobody(shared: Speaker, neighbour: Target) -> None:
    """Such a trial is over before anyone could ask, so another container is on its bridge."""
    host, option = shared.host, "com.docker.network.bridge.name"
    won = {}
    for bridge in ("another", "lsp-kitchen"):
        shared.docker("network", "create", "--opt", f"{option}={bridge}", "trial")
        options = f"--name guest --network trial --publish {GUEST_PORT}:{GUEST_PORT}"
        image = shared.inspect()["Image"]
        plays = f"--name Guest --backend alsa --device null --zeroconf-port {GUEST_PORT}"
        shared.docker("run", "--detach", *options.split(), image, *plays.split())
        until(
            lambda: host.run("docker", "exec", "guest", PROBE, str(GUEST_PORT)).returncode == 0, 20, "it answers itself"
        )
        try:
            found = shared.inspect("guest")
            (own,) = found["NetworkSettings"]["Networks"].values()
            inside = ["nsenter", "--target", str(found["State"]["Pid"]), "--net"]
            asked = ask(neighbour, [(host.address, GUEST_PORT), (str(own["IPAddress"]), GUEST_PORT)])
            with serving(neighbour, "tcp:8080"), serving(host, f"tcp:{SSH}"):
                targets = [("tcp", neighbour.address, 8080), ("tcp", str(own["Gateway"]), SSH)]
                won[bridge] = [*asked, *reach(host, targets, inside)]
        finally:
            shared.docker("rm", "--force", "guest")
            shared.docker("network", "rm", "trial")
    assert won["another"][0]
    assert all(won["another"][2:])
    assert not any(won["lsp-kitchen"])


def _bridged(speaker: Speaker, **more: Any) -> int:
    bare = {"access": SHARED["access"]}
    return speaker.converge(bare, librespot_zones=_zones(_tests(speaker)), **more)


def _service(speaker: Speaker) -> int:
    return _bridged(speaker, librespot_deployment="systemd")


@pytest.mark.parametrize("other", [_bridged, _service], ids=["its own network", "a service"])
def test_it_moves_there_and_back_in_one_run_each(speaker: Speaker, other: Any) -> None:
    other(speaker)
    gaps = {}
    for name, move in (("there", converge), ("back", other)):
        with heard(speaker.host) as found:
            move(speaker)
            until(lambda: speaker.answers, 20, "it answers")
        gaps[name] = found[0]
        assert move(speaker) == 0
    rows = [[name, f"{gap:.1f}"] for name, gap in gaps.items()]
    show(f"to the host's network on {speaker.host.image}", ["way", "s without an answer"], rows)
    assert max(gaps.values()) < GAP_S
    speaker.converge(librespot_state="absent")


def test_a_port_that_someone_has_is_refused_before_anything_changes(speaker: Speaker) -> None:
    speaker.converge(librespot_state="absent")
    before = speaker.host.snapshot()
    with serving(speaker.host, f"tcp:{PORT}"):
        done = speaker.run(SHARED, librespot_zones=_zones(_tests(speaker)))
        assert done.status != 0
        assert f"librespot_instances[0].port: {PORT} is taken on this host by python3" in done.output
        assert speaker.host.snapshot() == before


def _audit(speaker: Speaker) -> Findings:
    wanted = {"instances": [{**KITCHEN, **SHARED}], "zones": _zones(_tests(speaker)), "deployment": "container"}
    return audit(speaker.host, wanted)


UNASKED = (
    # By nobody's wish this host is kept up to date,
    *(("UPD-03", "staged", "host"), ("UPD-04", "proved", "host"), ("UPD-06", "scan", "host"), ("UPD-07", "ci", "host")),
    *(("UPD-09", "fixable", "host"), ("CON-08", "scan", "host"), ("CON-09", "packages", "host")),
    # measured, monitored, or told of, and audits itself.
    *(("RES-01", "profile", "kitchen"), ("RES-02", "limits", "kitchen"), ("RES-05", "told", "host")),
    *(("RES-06", "told", "host"), ("CFG-06", "scheduled", "host"), ("NET-06", "reviewed", "host")),
)


def test_the_audit_says_what_it_costs(shared: Speaker) -> None:
    found = {(item["id"], item["check"], item["scope"]): item for item in _audit(shared)}
    assert red(list(found.values())) == {}
    said = {key: item["status"] for key, item in found.items() if item["status"] in ("waived", "not enforced")}
    assert said == {
        ("CFG-03", "relaxations", "kitchen"): "waived",
        ("CON-05", "network", "kitchen"): "waived",
        # The kernel of this host has no AppArmor.
        ("CON-07", "profile", "kitchen"): "not enforced",
        ("NET-02", "bind", "kitchen"): "not enforced",
        ("NET-05", "other ports", "kitchen"): "not enforced",
        **dict.fromkeys(UNASKED, "not enforced"),
    }
    assert REASON in found["CFG-03", "relaxations", "kitchen"]["observed"]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant(shared: Speaker, mutant: Mutant) -> None:
    dies(shared.host, mutant, lambda: _audit(shared), lambda: converge(shared))


@pytest.fixture(scope="module", autouse=True)
def _left_as_found(speaker: Speaker) -> Iterator[None]:
    yield
    assert speaker.host.run("systemctl", "is-active", "--quiet", OURS).returncode != 0
    speaker.converge(librespot_state="absent")
