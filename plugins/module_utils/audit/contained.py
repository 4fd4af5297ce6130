# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CON-01 to CON-07, CON-10 and RES-04: what a container of ours is, read from its process, and from the engine."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Union

from ..host.apparmor import ENFORCE, AppArmor
from ..host.engine import Described
from ..host.engines import AnyEngine
from ..host.files import Files
from ..host.namespaces import inhabitants
from ..host.proc import Process, process
from ..model.container import INSTANCE_LABEL, container_name, holder_name
from ..model.facts import UNCONFINED
from ..model.finding import FAILED, NOT_ENFORCED, WAIVED, Finding
from ..model.image import ARTIFACT_LABEL, PROBE, SBOM, SBOM_LABEL
from ..model.instance import Instance
from ..model.relaxations import HOST_NETWORK
from ..planners import confined, live
from ..planners.contained import PAUSED, reason, wrong_health
from ..planners.containers import place_of
from ..planners.image import manifest_path
from ..planners.mounted import wrong_mounts
from ..planners.resolving import wrong_names
from ..planners.rootfs import manifest_of, wrong_files
from ..render.container import UPDATABLE, container, described, network_mode, waiting
from ..render.image import digest
from ..render.probe import NOT_REFUSED, REFUSED
from ..render.unit import dhcp_unit, segment_unit
from .context import Context, each, finding

_LIMITS = (*UPDATABLE[:-1], "files", "block I/O", "slice")
_RUNS = "the container runs"

Seen = Union[tuple[str, list[str], str], tuple[str, list[str], str, str], tuple[str, list[str], str, str, str]]
"""What is expected, what is wrong, and the evidence; then status and remedy, if they are not what follows from that."""


def look(engine: AnyEngine, context: Context) -> Iterator[Finding]:
    """Yield the findings of each instance that the collection runs in a container."""
    checks = (
        ("CON-01", "files", _files),
        ("CON-02", "image", _image),
        ("CON-03", "isolation", _isolation),
        ("CON-04", "limits", _held),
        ("CON-05", "network", _network),
        ("CON-06", "calls", _calls),
        ("CON-07", "profile", _profile),
        ("CON-10", "health", _health),
        ("RES-04", "limits", _limits),
    )
    # Each container is looked at once, for all checks.
    looked = functools.cache(partial(_looked, engine))
    for control, check, what in checks:
        yield from each(context, control, check, partial(_of, engine, looked, control, check, what))


def processes(engine: AnyEngine, instance: Instance) -> list[Process]:
    """Return the first process of the container of *instance*; it starts no others."""
    _there, main = _looked(engine, container_name(instance.name))
    return [main] if main else []


def _looked(engine: AnyEngine, name: str) -> tuple[Described | None, Process | None]:
    there = engine.container(name)
    return there, process(int(there["State"]["Pid"])) if there and there["State"]["Running"] else None


def _of(
    engine: AnyEngine,
    looked: Callable[[str], tuple[Described | None, Process | None]],
    control: str,
    check: str,
    what: Callable[..., Seen],
    context: Context,
    instance: Instance,
) -> Iterator[Finding]:
    """Yield the one finding of a check, or that there is nothing to look at."""
    name = container_name(instance.name)
    there, main = looked(name)
    state = str(there["State"]["Status"]) if there else ""
    if there is None or main is None or state == PAUSED:
        said = "its process has ended" if state == "running" else f"it is {state}" if state else "there is none"
        # Why it could not be started, the engine has told; the container itself has said nothing then.
        refused = reason(there) if there else ""
        yield finding(
            control,
            check,
            instance.name,
            False,
            _RUNS,
            f"{said}, since the engine says: {refused}" if refused else said,
            f"the container {name}",
            remedy=f"{_first(engine, name, state, refused)} run hardened.librespot.site against this host",
        )
        return
    expected, observed, evidence, *more = what(engine, context, instance, there, main)
    said = "; ".join(observed) or expected
    yield finding(control, check, instance.name, not observed, expected, said, evidence, *more)


def _first(engine: AnyEngine, name: str, state: str, refused: str) -> str:
    """Return what to do before a run, or instead of one, with the container *name*, which does not play."""
    if state == PAUSED:
        return f"Let it go on: {engine.name} unpause {name}; or"
    return "Mend what it says; then" if refused else f"Read why: {engine.reading.format(name=name)}; then"


def _files(_engine: AnyEngine, context: Context, _instance: Instance, there: Described, main: Process) -> Seen:
    manifest = manifest_of(context.host.files, there["Image"])
    expected = f"the {len(manifest.get('files', ()))} files of its manifest"
    return expected, wrong_files(main, manifest), f"/proc/{main.pid}/root, {manifest_path(there['Image'])}"


def _image(engine: AnyEngine, context: Context, _instance: Instance, there: Described, main: Process) -> Seen:
    manifest = manifest_of(context.host.files, there["Image"])
    image = engine.image(there["Image"]) or {"Config": {"Labels": {}}}
    labels = image["Config"].get("Labels") or {}
    wrong = [] if manifest.get("image") == there["Image"] else ["no manifest of ours names it"]
    if labels.get(ARTIFACT_LABEL) != manifest.get("artifact"):
        wrong.append(f"it says to be of the artifact {labels.get(ARTIFACT_LABEL)}")
    sbom = Files(f"/proc/{main.pid}/root").read(SBOM)
    if sbom is None or digest(sbom.content) != labels.get(SBOM_LABEL):
        wrong.append("it has not the SBOM that its label names")
    evidence = f"{engine.name} inspect: {there['Image']}; /proc/{main.pid}/root{SBOM}"
    return f"an image of {manifest.get('artifact', 'ours')}, with its SBOM", wrong, evidence


def _isolation(engine: AnyEngine, context: Context, instance: Instance, _there: Described, main: Process) -> Seen:
    place = place_of(context.host, engine, instance)
    wrong = [
        *confined.wrong_program(main),
        *confined.wrong_company(main),
        *confined.wrong_rights(main, place),
        *confined.wrong_namespaces(main, instance),
        *wrong_mounts(main, instance, place),
        *wrong_names(main, instance, place),
    ]
    held = _holder(engine, instance)
    if held:
        wrong += _prefixed(instance, confined.wrong_waiting(held, instance, place))
    evidence = f"/proc/{main.pid}: status, ns, mountinfo; root/etc/hosts and root/etc/resolv.conf"
    return "its own user, no rights, nothing of the host", wrong, evidence


def _held(engine: AnyEngine, context: Context, instance: Instance, _there: Described, main: Process) -> Seen:
    wrong = confined.wrong_limits(main, instance, place_of(context.host, engine, instance))
    held = _holder(engine, instance)
    if held:
        place = place_of(context.host, engine, instance, holder=holder_name(instance.name))
        wrong += _prefixed(instance, confined.wrong_limits(held, waiting(instance), place))
    return "the limits of its specification", wrong, f"the cgroup and the limits of process {main.pid}"


def _holder(engine: AnyEngine, instance: Instance) -> Process | None:
    """Return the process of the holder of the segment of *instance*, if it has one and that runs."""
    return _looked(engine, holder_name(instance.name))[1] if instance.segment else None


def _prefixed(instance: Instance, said: list[str]) -> list[str]:
    return [f"{holder_name(instance.name)} {text}" for text in said]


def _segment(engine: AnyEngine, instance: Instance, main: Process) -> Seen:
    """Judge whoever is in the network of a segment: the two containers, and what the segment's own units run there."""
    name, held = holder_name(instance.name), _holder(engine, instance)
    expected, evidence = f"alone in the network of {name}", "/proc: ns/net and ns/pid of every process"
    if held is None:
        return expected, [f"{name} does not run"], evidence
    units = tuple(f"/{unit}" for unit in (segment_unit(instance.name), dhcp_unit(instance.name)))
    guests = [item for item in _guests(held, main) if not item.cgroup.endswith(units)]
    wrong = [f"{item.executable} (process {item.pid}) is in it, too" for item in guests]
    if main.namespaces["net"] != held.namespaces["net"]:
        wrong.append(f"it is not in the network of {name}")
    return expected, wrong, evidence, "", _taken_off(engine, name, (), guests, len(wrong))


def _guests(host: Process, *others: Process) -> list[Process]:
    """Return who is in the network of *host* and of none of these containers.

    Whom the engine sends in to look at its health is not of the container for a moment, so those who stay count.
    """
    own = {item.namespaces["pid"] for item in (host, *others)}

    def look() -> dict[int, Process]:
        found = {pid: process(pid) for pid in inhabitants(host.namespaces["net"])}
        return {pid: item for pid, item in found.items() if item and item.namespaces["pid"] not in own}

    first = look()
    if first:
        time.sleep(1)
    return [item for pid, item in look().items() if pid in first] if first else []


def _network(engine: AnyEngine, _context: Context, instance: Instance, there: Described, main: Process) -> Seen:
    if instance.segment:
        return _segment(engine, instance, main)
    if instance.on_host:
        return _hosts(engine, instance, there)
    name = container_name(instance.name)
    found = engine.network(name) or {}
    others = [other for other in engine.on_network(name) if other != name]
    guests = _guests(main)
    joined = set(there["NetworkSettings"]["Networks"])
    wrong = [f"{other} is on it, too" for other in others]
    wrong += [] if name in joined else ["it is not on it"]
    wrong += [f"it is also on {other}" for other in sorted(joined - {name})]
    option, value = engine.apart
    if (found.get("Options") or {}).get(option) != value:
        wrong.append("it is not kept from other containers")
    if (found.get("Labels") or {}).get(INSTANCE_LABEL) != instance.name:
        wrong.append("the network is not ours")
    # One that was started in the network of this one is on none itself.
    wrong += [f"{item.executable} (process {item.pid}) is in its network, too" for item in guests]
    evidence = f"{engine.name} network inspect {name}; /proc: ns/net and ns/pid of every process"
    return f"alone on the network {name}", wrong, evidence, "", _taken_off(engine, name, others, guests, len(wrong))


def _taken_off(engine: AnyEngine, network: str, others: Sequence[str], guests: Sequence[Process], wrong: int) -> str:
    """Return how to take off the containers *others* and the processes *guests*; empty when there are none.

    A run does not, since they are not ours. It mends what else is found *wrong*, if that is more than they are.
    """
    said = [f"take it off: {engine.name} network disconnect --force {network} {other}" for other in others]
    said += [
        f"find out whose process {item.pid} is (cat /proc/{item.pid}/cgroup), and remove that container: "
        f"{engine.name} rm --force CONTAINER"
        for item in guests
    ]
    if said and len(said) < wrong:
        said.append("then run hardened.librespot.site against this host")
    text = "; ".join(said)
    return text[:1].upper() + text[1:]


def _hosts(engine: AnyEngine, instance: Instance, there: Described) -> Seen:
    """Waive the network of its own that the inventory has taken from it; any other is a failure."""
    networks = sorted(set(there["NetworkSettings"]["Networks"]) - {network_mode(instance)})
    wrong = [f"it is also on {other}" for other in networks]
    said = wrong or [item.reason for item in instance.relaxations if item.name == HOST_NETWORK]
    evidence = f"{engine.name} inspect {container_name(instance.name)}: NetworkSettings.Networks"
    return "alone on a network of its own", said, evidence, FAILED if wrong else WAIVED


def _calls(engine: AnyEngine, context: Context, instance: Instance, there: Described, main: Process) -> Seen:
    """Compare the filter of the live process and of the engine, and let a program of the image try what is refused."""
    expected, name = "the calls that librespot makes, and no other", container_name(instance.name)
    if not engine.filters_calls:
        return expected, ["the kernel cannot filter system calls"], f"{engine.name} info", NOT_ENFORCED
    wrong = [] if main.status["Seccomp"] == "2" else ["the process has no filter"]
    request = container(instance, place_of(context.host, engine, instance))
    wanted, found = (
        described(config, host, "")["system call filter"]
        for config, host in ((request, request["HostConfig"]), (there["Config"], there["HostConfig"]))
    )
    if found != wanted:
        wrong.append(f"its filter is {found}, ours is {wanted}")
    evidence = f"/proc/{main.pid}/status, {engine.name} inspect {name}: HostConfig.SecurityOpt"
    if context.live:
        evidence += f", {engine.name} exec {name} {PROBE} {REFUSED}"
        wrong += _tried(engine.run(name, [PROBE, REFUSED]))
    return expected, wrong, evidence


def _tried(status: int) -> list[str]:
    """Return what the *status* of the program that tries refused calls says."""
    if status == NOT_REFUSED:
        return ["calls that librespot never makes are not refused"]
    return [f"what tries refused calls could not be run: status {status}"] if status else []


def _profile(engine: AnyEngine, context: Context, instance: Instance, _there: Described, main: Process) -> Seen:
    expected, evidence = (
        f"runs under the AppArmor profile {instance.profile}",
        f"/proc/{main.pid}/attr/apparmor/current",
    )
    if not context.host.facts.apparmor:
        return expected, [UNCONFINED], evidence, NOT_ENFORCED
    profile, loaded = instance.profile, AppArmor(context.host.commands).mode(instance.profile)
    wrong, held = live.wrong_profile([main], profile, ENFORCE, loaded), _holder(engine, instance)
    if held:
        wrong += _prefixed(instance, live.wrong_profile([held], profile, ENFORCE, loaded))
    return expected, wrong, evidence


def _health(engine: AnyEngine, _context: Context, instance: Instance, there: Described, _main: Process) -> Seen:
    wrong = wrong_health(there, instance)
    if there["Config"].get("StopSignal") != "SIGINT":
        wrong.append(f"it is stopped by {there['Config'].get('StopSignal')}")
    evidence = f"{engine.name} inspect {container_name(instance.name)}: State.Health"
    return "healthy, and stopped by SIGINT", wrong, evidence


def _limits(engine: AnyEngine, context: Context, instance: Instance, there: Described, _main: Process) -> Seen:
    request = container(instance, place_of(context.host, engine, instance))
    wanted = described(request, request["HostConfig"], "")
    found = described(there["Config"], there["HostConfig"], "")
    wrong = [f"{name} is {found[name] or 'not set'}" for name in _LIMITS if found[name] != wanted[name]]
    shown = ", ".join(f"{name} {wanted[name]}" for name in UPDATABLE[:-1])
    return shown, wrong, f"{engine.name} inspect {container_name(instance.name)}: HostConfig"
