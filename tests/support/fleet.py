# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Audits of a fleet, as the module returns them: what each host is given is compiled from a specification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.hardened.librespot.plugins.module_utils.audit.rationale import lines_of
from ansible_collections.hardened.librespot.plugins.module_utils.model.controls import (
    CONTROLS,
    OF_CHECKERS,
    OF_CONTAINERS,
    OF_FLEETS,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.facts import Facts
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import (
    FAILED,
    NOT_ENFORCED,
    PASSED,
    WAIVED,
    Finding,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.model.limits import Limits
from ansible_collections.hardened.librespot.plugins.module_utils.model.profile import DECODE_LIKE, IDLE, Course, Figures
from ansible_collections.hardened.librespot.plugins.module_utils.model.profile_record import (
    HOST_SOURCE,
    Made,
    profile_data,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.rationale import described, directives, firewall
from ansible_collections.hardened.librespot.plugins.module_utils.render.firewall import Surroundings, table
from ansible_collections.hardened.librespot.plugins.module_utils.render.unit import sandbox, service

AT = "2026-11-28T04:00:0{number}Z"
FACTS = Facts(
    *("x86_64", "debian", "13", (3, 13), "2.41", True, 257, True, True, ("cpu", "io", "memory", "pids"), True, 4, True),
    unbound="",
    nft=(1, 1, 3),
    apparmor=True,
)
ROOMS = ("hallway", "attic", "kitchen", "bedroom", "bathroom", "garden", "office", "cellar", "studio", "workshop")
ENVIRONMENTS = {"development": ROOMS[9:], "staging": ROOMS[:2], "production": ROOMS[2:9]}
TWICE = ("NET-01", "NET-02", "CFG-06", "RES-03", "RES-09", "CFG-03")
"""Controls that have findings of the host and of the instance, or several."""


def instance(room: str, memory: str = "192M") -> dict[str, Any]:
    """Return what the inventory says of the speaker of *room*."""
    workbench = room in ENVIRONMENTS["development"]
    sound = {} if workbench else {"backend": "alsa", "device": "hw:0"}
    relaxed = {} if workbench else {"alsa": "it plays through the sound card"}
    return {
        "name": "speaker",
        "options": {"name": room.title(), "bitrate": 320, **sound},
        "limits": {"memory": memory, "cpu": "100%", "tasks": 64},
        "relaxations": relaxed,
    }


def settings(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what is in force of an instance, as a host of its own would say it."""
    spec = parse_specification("0.8.0", [given])
    (one,) = spec.present
    one = replace(one, interface="eth0")
    text = service(one, FACTS, "")
    zones = [zone for name, zone in spec.zones.items() if name in one.access]
    made = table([one], zones, Surroundings(("192.0.2.53",), ()))
    objects = {f"chain {item.name}": f"{len(item.rules)} rules" for item in made.chains}
    objects.update({f"set {item.name}": "in force" for item in made.sets})
    found = [*described(one, spec.version), *directives(one, list(lines_of(text)), sandbox(one, FACTS))]
    return [item.as_data() for item in [*found, *firewall(objects)]]


def finding(control: str, check: str, status: str, scope: str, observed: str = "", **more: str) -> dict[str, Any]:
    """Return one finding as data."""
    said = observed or "as expected"
    mended = CONTROLS[control].remedy
    evidence = more.pop("evidence", f"/proc/1234/{check}")
    expected = more.pop("expected", "as the inventory describes it")
    return Finding(control, check, status, scope, expected, said, evidence, mended, **more).as_data()


def audit(number: int, room: str, memory: str = "192M") -> dict[str, Any]:
    """Return what the audit of the host of *room* returns; some of the hosts have something to mend."""
    controls = sorted(set(CONTROLS) - OF_CONTAINERS - OF_CHECKERS - OF_FLEETS)
    given = instance(room, memory)
    found = [finding(control, "live", PASSED, "speaker") for control in controls if control != "CFG-03"]
    found += [finding(control, "configured", PASSED, "host") for control in TWICE]
    if given["relaxations"]:
        reason = f"alsa: {given['relaxations']['alsa']}"
        price = "alsa (it plays through the sound card): a hijacked instance can record from a microphone"
        found.append(finding("CFG-03", "relaxations", WAIVED, "speaker", price, reason=reason))
    else:
        found.append(finding("CFG-03", "relaxations", PASSED, "speaker", "none"))
    found.append(finding("UPD-06", "scan", NOT_ENFORCED, "host", "nothing is attested of 0.8.0-x86_64-71ab"))
    if room == "garden":
        said = "/etc/systemd/system/librespot-speaker.service: content differs"
        found += [
            finding("CFG-06", "drift", FAILED, "speaker", said, evidence="compared: 24 files and units"),
            finding("CFG-02", "exposure", FAILED, "speaker", "2.4", expected="at most 1.1", evidence="systemd-analyze"),
        ]
    if room in ("garden", "cellar"):
        said = "the kernel's table has no chain door_speaker"
        found.append(finding("NET-03", "table", FAILED, "host", said, evidence="nft list table inet librespot"))
    return {"findings": found, "at": AT.format(number=number), "settings": settings(given)}


def profile(source: str = HOST_SOURCE) -> dict[str, Any]:
    """Return what was measured of an instance; twice as much memory is allowed as it ever used, and one third more."""
    most = {"memory": 40.0 * 1024**2, "cpu": 30.0, "cpu_burst": 60.0, "tasks": 20.0, "files": 24.0}
    used = {name: Figures(value / 4, value / 2, value, value, 600) for name, value in most.items()}
    made = Made("speaker", "systemd", "0.8.0-x86_64-71ab", "2026-11-27T22:00:00Z", 2, 600.0, 1.0, 50, source)
    return profile_data(made, [Course(IDLE, 600, 600, used), Course(DECODE_LIKE, 600, 600, used)], Limits(), [])


def fleet() -> dict[str, Any]:
    """Return the arguments of a task that reports ten hosts in three environments; one was not reached."""
    results: dict[str, Any] = {room: audit(number, room) for number, room in enumerate(ROOMS)}
    results["attic"] = audit(1, "attic", memory="256M")
    results["studio"] = {"unreachable": True}
    silent = [{"path": path, "reason": "there is no sound card"} for path in ("options.device", "relaxations.alsa")]
    return {
        "results": results,
        "environments": {name: list(rooms) for name, rooms in ENVIRONMENTS.items()},
        "differences": {"workshop": silent},
        "sources": dict.fromkeys(ROOMS, "inventory/hosts.yml"),
        "profiles": {"kitchen": [profile()], "garden": [profile()]},
        "kind": "review",
        "review": None,
        "review_max_age": 90,
        "previous": None,
        "path": "report.json",
        "html": "report.html",
    }


MARKUP = (
    "<script>fetch('https://198.51.100.1/')</script>",
    "<img src=https://198.51.100.1/x onerror=alert(1)>",
    '"><a href=javascript:alert(1)>x</a>',
    "</style></title><svg onload=alert(1)>",
    "<!-- --><iframe src=//198.51.100.1></iframe>",
    "{{ 7 * 7 }} {% raw %}",
    "| a | b |\n| --- | --- |\n# heading\n- item\n```\ncode\n```",
    "[click](javascript:alert(1)) ![x](https://198.51.100.1/x)",
    "<https://198.51.100.1> https://198.51.100.1 www.example.org someone@example.org",
    "\x1b]0;title\x07\x1b[2J\x1b[31mred",
    "\u202egnp.exe \u2066x\u2069 \u200b\ufeff",
    "\x00\x01\x7f\x85\u2028\u2029",
    "lone \ud800 surrogate",
    "\\ \\[ \\] &amp; &lt; &#106;avascript:",
)
"""What a host may say that wants to be more than text."""


def hostile() -> dict[str, Any]:
    """Return the arguments of a task about hosts that write whatever they like, wherever they can."""
    found = [
        {"id": text, "check": text, "scope": text, "status": status, "expected": text, "observed": text}
        | {"evidence": text, "remedy": text, "reason": text, "until": text}
        for text in MARKUP
        for status in (FAILED, WAIVED, PASSED)
    ]
    known = [{**item, "id": "NET-01"} for item in found]
    long = [finding("NET-02", "long", FAILED, "host", "x" * 1_000_000)]
    said = [
        {"scope": text, "kind": "unit", "name": text, "value": text, "control": text, "reason": text} for text in MARKUP
    ]
    limits = [{**item, "scope": "speaker", "kind": "limit"} for item in said]
    whole = {"findings": [*found, *known, *long], "settings": [*said, *limits], "at": AT.format(number=1)}
    names = [text for text in MARKUP if "\ud800" not in text]
    results: dict[str, Any] = dict.fromkeys(names[:2], whole)
    results["quiet"] = {"findings": known[:1], "settings": said}
    return {
        **fleet(),
        "results": results,
        "environments": {names[0]: names[:1], "production": ["quiet", names[1]]},
        "differences": {"quiet": [{"path": "*", "reason": "<b>it is a reason</b>"}]},
        "sources": {name: name for name in names},
        "kind": "audit",
    }
