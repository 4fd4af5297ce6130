# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services on a host on which no controller arrives: what can be measured is, and nothing is said of the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.attacks.deployment import BEDROOM, KITCHEN, OURS, ZONES
from tests.attacks.tables import show
from tests.health.served import INSTANCES, Served
from tests.profile.measured import SHORT, measure

RED = ("failed", "error")
ROOT = Path(__file__).resolve().parents[2]
KEPT = "/var/lib/hardened-librespot/profiles"


def test_what_no_controller_counts_is_not_measured_and_not_recommended(served: Served) -> None:
    since, process = served.host.now(), served.host.process(OURS)
    said = measure(served.controller, INSTANCES, pictures=str(served.controller.directory / "pictures"))
    profile, advice = said.of("kitchen"), said.advice("kitchen")
    assert [advice[name]["action"] for name in ("memory", "tasks")] == ["unknown", "unknown"]
    assert all("not measured" in advice[name]["reason"] for name in ("memory", "tasks"))
    assert not {"memory", "tasks"} & set(profile["recommended"])
    assert any(note.startswith("Not measured") and "memory" in note for note in profile["notes"])

    # Of the processor, the unified hierarchy tells in any case.
    work = {load: said.figures("kitchen", load) for load in ("idle", "discovery", "decode_like")}
    assert work["decode_like"]["cpu"]["p50"] > work["idle"]["cpu"]["p50"]
    assert work["discovery"]["files"]["maximum"] >= work["idle"]["files"]["maximum"] + 4
    for load in ("discovery", "decode_like"):
        delivery = said.load("kitchen", load)["delivery"]
        assert delivery["answered"] == delivery["asked"] > 0
        assert delivery["error"] == ""

    # The load is real work, and harmless: whoever was logged in would still be.
    assert served.host.process(OURS) == process
    lines = served.host.journal(OURS, since)
    assert any("Login error" in line and "MAC mismatch" in line for line in lines)
    kept = served.host.out("stat", "--format", "%a %U", f"{KEPT}/kitchen.json").strip()
    assert kept == "644 root"
    assert json.loads(served.host.out("cat", f"{KEPT}/kitchen.json")) == profile
    assert {Path(path).name for path in said.task["pictures"].values()} == {
        f"{served.host.name}-kitchen.svg",
        f"{served.host.name}-bedroom.svg",
    }
    rows = [[load, str(found["cpu"]["p50"]), str(found["files"]["maximum"])] for load, found in work.items()]
    show("profile of a service", ["load", "cpu %, p50", "files"], rows)


def test_a_restart_in_the_window_is_said(served: Served) -> None:
    # However long it takes until it is looked at.
    again = f"(while sleep 12; do systemctl restart {OURS}; done) & cat; kill $!"
    with served.host.start("sh", "-c", again):
        said = measure(served.controller, INSTANCES, loads=["idle"], keep=False)
        if said.task.get("failed"):
            # It may not have been there at the first look.
            said = measure(served.controller, INSTANCES, loads=["idle"], keep=False)
    found = said.load("kitchen", "idle")
    assert found["restarts"] >= 1
    assert any(f"started anew {found['restarts']} times" in note for note in said.of("kitchen")["notes"])
    assert said.load("bedroom", "idle")["restarts"] == 0
    # A counter that begins again is no burst of work.
    assert found["figures"]["cpu"]["maximum"] < 200


def test_a_window_that_is_too_short_gives_figures_alone(served: Served) -> None:
    said = measure(served.controller, [KITCHEN, BEDROOM], loads=["idle"], window=3, keep=False)
    assert said.of("kitchen")["recommended"] == {}
    assert {item["action"] for item in said.advice("kitchen").values()} == {"unknown"}
    assert any("Ask for a window of 30 s or more" in note for note in said.of("kitchen")["notes"])
    assert 1 <= said.figures("kitchen", "idle")["files"]["samples"] <= 4


def test_in_check_mode_nothing_is_kept(served: Served) -> None:
    served.host.out("rm", "-rf", KEPT)
    before = served.host.snapshot()
    said = measure(served.controller, INSTANCES, ["--check", "--diff"], loads=["idle"], window=2)
    assert said.task["changed"]
    assert served.host.snapshot() == before
    assert served.host.run("test", "-e", KEPT).returncode == 1


def test_one_that_does_not_run_is_an_error(served: Served) -> None:
    served.host.out("systemctl", "stop", "librespot-bedroom-watchdog.timer", "librespot-bedroom.service")
    try:
        said = measure(served.controller, INSTANCES, loads=["idle"], window=2)
        assert said.task["failed"]
        assert "bedroom does not run" in said.task["msg"]
    finally:
        served.host.out("systemctl", "start", "librespot-bedroom.service", "librespot-bedroom-watchdog.timer")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"window": 0}, "window: 0.0 is out of range"),
        ({"interval": 60}, "interval: 60.0 is more than the window"),
        ({"rate": "nan"}, "rate: nan is out of range"),
        ({"loads": []}, "loads: is empty"),
        ({"decode_size": "10X"}, "decode_size: '10X' is not a size"),
        ({"headroom": 1}, "headroom: 1 is out of range"),
        ({"write": True}, "librespot_instances of"),
        ({"pictures": "/proc/pictures"}, "pictures: '/proc/pictures' cannot be written"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_once(served: Served, asked: dict[str, Any], said: str) -> None:
    found = measure(served.controller, INSTANCES, **asked)
    assert found.task["failed"]
    assert said in found.task["msg"]


def test_the_playbook_writes_into_the_inventory(served: Served) -> None:
    place = served.controller.directory / "host_vars"
    place.mkdir(exist_ok=True)
    file = place / f"{served.host.name}.yml"
    text = f"# The speakers\nlibrespot_zones: {json.dumps(ZONES)}\nlibrespot_instances:\n"
    text += "".join(f"  - {json.dumps(item)}  # {item['name']}\n" for item in INSTANCES)
    file.write_text(text)
    asked = {f"librespot_profile_{name}": value for name, value in {**SHORT, "write": True}.items()}
    playbook = ROOT / "playbooks" / "profile.yml"
    try:
        checked = served.controller.converge(playbook, asked, ["--check", "--diff"])
        assert file.read_text() == text
        assert f"+++ {file}" in checked.output
        served.controller.converge(playbook, asked)
        new = file.read_text()
        assert [line for line in new.splitlines() if "#" in line] != []
        assert new.count("  # kitchen") == text.count("  # kitchen")
        for before, after in zip(INSTANCES, yaml.safe_load(new)["librespot_instances"], strict=True):
            limits = after.pop("limits")
            assert set(limits) <= {"cpu", "files"}
            assert after == before
    finally:
        file.unlink()


FILE = f"{KEPT}/kitchen.json"
PROFILE_ROW, LIMITS_ROW = ("RES-01", "profile", "kitchen"), ("RES-02", "limits", "kitchen")
MUTANTS: dict[str, tuple[str, set[tuple[str, str, str]]]] = {
    "it is gone": (f"rm {FILE}", {PROFILE_ROW, LIMITS_ROW}),
    "others can write it": (f"chmod o+w {FILE}", {PROFILE_ROW, LIMITS_ROW}),
    "it was cut off": (f"truncate --size=100 {FILE}", {PROFILE_ROW, LIMITS_ROW}),
    "it is a link": (f"mv {FILE} {FILE}.x; ln -s {FILE}.x {FILE}", {PROFILE_ROW, LIMITS_ROW}),
    "it is old": (f"""sed -i 's/"at": "20../"at": "2000/' {FILE}""", {PROFILE_ROW}),
    "it is of another release": (f"""sed -i 's/"release": "0.8/"release": "0.7/' {FILE}""", {PROFILE_ROW}),
    "it is of another load": (f"""sed -i 's/"load": "decode_like"/"load": "idle"/' {FILE}""", {PROFILE_ROW}),
    "it needs more files": (f"""sed -i 's/"least": 256/"least": 2048/' {FILE}""", {("RES-02", "files", "kitchen")}),
}
"""What is done to the profile, and what turns red then: these rows and no others."""


def test_the_audit_reads_what_was_kept(served: Served) -> None:
    served.host.out("rm", "-rf", KEPT)
    unasked = _audited(served, profiled=False)
    assert (unasked[PROFILE_ROW], unasked[LIMITS_ROW]) == ("not enforced", "not enforced")
    without = _audited(served)
    assert {key for key, status in without.items() if status != unasked[key]} == {
        (*row[:2], name) for row in (PROFILE_ROW, LIMITS_ROW) for name in ("kitchen", "bedroom")
    }
    measure(served.controller, INSTANCES)
    green = _audited(served)
    assert green[PROFILE_ROW] == green["RES-02", "files", "kitchen"] == "passed"
    # Nothing is passed that was not measured, or that this host does not hold the instance to.
    assert {green["RES-02", name, "kitchen"] for name in ("memory", "cpu", "tasks")} == {"not enforced"}
    served.host.out("cp", "--recursive", "--preserve", KEPT, f"{KEPT}.kept")
    rows = []
    try:
        for name, (script, red) in MUTANTS.items():
            served.host.shell(script)
            found = {key for key, status in _audited(served).items() if status in RED and green.get(key) not in RED}
            served.host.shell(f"rm -rf {KEPT}; cp --recursive --preserve {KEPT}.kept {KEPT}")
            assert found == red, name
            rows.append([name, ", ".join(f"{control} {check}" for control, check, _scope in sorted(red))])
    finally:
        served.host.out("rm", "-rf", f"{KEPT}.kept")
    show("what turns red when the profile of an instance is taken away", ["mutant", "red"], rows)


def _audited(served: Served, *, profiled: bool = True) -> dict[tuple[str, str, str], str]:
    """Return the status of each finding of an audit."""
    said = served.controller.directory / "audited.json"
    task = {"hardened.librespot.audit": {"instances": INSTANCES, "zones": ZONES, "profiled": profiled}}
    served.controller.converge(
        served.controller.playbook(
            {**task, "register": "audited", "become": True},
            {
                "ansible.builtin.copy": {"content": "{{ audited | to_json }}", "dest": str(said), "mode": "0600"},
                "delegate_to": "localhost",
            },
        ),
        {},
    )
    found = json.loads(said.read_text(encoding="utf-8"))["findings"]
    return {(item["id"], item["check"], item["scope"]): item["status"] for item in found}
