# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RES-05: what is old, missing, untrue, or told by someone with rights is red."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.audit import monitored
from ansible_collections.hardened.librespot.plugins.module_utils.audit.context import Context
from ansible_collections.hardened.librespot.plugins.module_utils.audit.monitored import Watched, look
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import FILE, LINK, Entry
from ansible_collections.hardened.librespot.plugins.module_utils.host.proc import Mount, Process, process
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.model.metrics import Sample
from ansible_collections.hardened.librespot.plugins.module_utils.planners.monitoring import Archives
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
from ansible_collections.hardened.librespot.plugins.module_utils.render.exposition import exposition
from ansible_collections.hardened.librespot.plugins.module_utils.render.monitor_units import METRICS_FILE

NAME = {"name": "kitchen"}
WATCHED = Watched(Archives(b"", b""), 5, "/metrics")
UID = 990
ALONE = {
    "Uid": f"{UID} {UID} {UID} {UID}",
    **dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), "0" * 16),
    "NoNewPrivs": "1",
    "Seccomp": "2",
}
MEMORY = 64 * 1024 * 1024


def told(**changed: float | None) -> str:
    """Return the file of the monitor, true but for what is *changed*."""
    began = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + monitored._began(os.getpid())
    values: dict[str, float | None] = {
        "librespot_monitor_last_look_timestamp_seconds": time.time() - 3,
        "librespot_instance_up": 1,
        "librespot_instance_starts_total": 0,
        "librespot_instance_start_timestamp_seconds": began,
        "librespot_open_files_limit": 1024,
        "librespot_cpu_seconds_total": monitored._processor_s(os.getpid()),
        "librespot_memory_bytes": MEMORY,
        "librespot_memory_limit_bytes": 2 * MEMORY,
        "librespot_tasks_limit": 64,
        **changed,
    }
    of_host = "librespot_monitor_last_look_timestamp_seconds"
    return exposition(Sample(x, v, {} if x == of_host else NAME) for x, v in values.items() if v is not None)


def looked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str | None = None,
    status: dict[str, str] | None = None,
    link: str = METRICS_FILE,
    root: str = "ro",
    watched: Watched | None = WATCHED,
) -> dict[str, tuple[str, str]]:
    """Return status and observation of each check."""
    for name, value in (("memory.current", MEMORY), ("memory.max", 2 * MEMORY), ("pids.max", 64)):
        (tmp_path / name).write_text(f"{value}\n")
    here = process(os.getpid())
    assert here
    here = replace(here, cgroup="/a", limits={"Max open files": "1024"})
    service = replace(here, status={**ALONE, **(status or {})}, mounts=(Mount("/", "ext4", (root,), ("rw",)),))
    monkeypatch.setattr(monitored, "process", lambda _pid: service)
    monkeypatch.setattr(monitored, "cgroup_directory", lambda _group: str(tmp_path))
    said = told() if text is None else text

    def read(path: str, **_content: bool) -> Entry | None:
        if path == METRICS_FILE:
            return Entry(FILE, 0o644, UID, UID, said.encode()) if said else None
        return Entry(LINK, 0o777, 0, 0, target=link)

    host = SimpleNamespace(
        systemd=SimpleNamespace(show=lambda _unit, _names: {"MainPID": "7"}),
        files=SimpleNamespace(read=read, names=lambda _path: ["x.prom"]),
        accounts=SimpleNamespace(find=lambda _name: SimpleNamespace(uid=UID)),
    )
    running: Any = lambda _instance: cast(list[Process], [here])  # noqa: E731
    context = Context(cast(Host, host), parse_specification("0.8.0", [NAME]), [], False, running)
    return {item.check: (item.status, item.observed) for item in look(watched, context)}


def red(found: dict[str, tuple[str, str]]) -> set[str]:
    return {check for check, (status, _observed) in found.items() if status in ("failed", "error")}


def test_all_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = looked(tmp_path, monkeypatch)
    assert set(found) == {"confined", "told", "true"}
    assert red(found) == set(), found


def test_who_did_not_ask_for_it_is_told_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = looked(tmp_path, monkeypatch, watched=None)
    assert [status for status, _observed in found.values()] == ["not enforced"]


@pytest.mark.parametrize(
    "status",
    [{"Uid": "0 0 0 0"}, {"Uid": "5 5 5 5"}, {"CapBnd": "0000000000080000"}, {"NoNewPrivs": "0"}, {"Seccomp": "0"}],
)
def test_rights_are_red(status: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert red(looked(tmp_path, monkeypatch, status=status)) == {"confined"}


def test_a_writable_host_is_red(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert red(looked(tmp_path, monkeypatch, root="rw")) == {"confined"}


def test_a_link_that_leads_elsewhere_is_red(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert red(looked(tmp_path, monkeypatch, link="/elsewhere")) == {"told"}


@pytest.mark.parametrize(
    ("metric", "value", "checks"),
    [
        # A name that has the moment in it is another one in each process that runs tests.
        pytest.param("librespot_monitor_last_look_timestamp_seconds", time.time() - 3600, {"told"}, id="long-ago"),
        pytest.param("librespot_monitor_last_look_timestamp_seconds", time.time() + 3600, {"told"}, id="to-come"),
        ("librespot_monitor_last_look_timestamp_seconds", None, {"told"}),
        ("librespot_instance_up", 0, {"true"}),
        ("librespot_instance_up", None, {"told", "true"}),
        ("librespot_instance_start_timestamp_seconds", 1, {"true"}),
        ("librespot_open_files_limit", 4096, {"true"}),
        ("librespot_memory_bytes", 4 * MEMORY, {"true"}),
        ("librespot_memory_bytes", None, {"true"}),
        ("librespot_memory_limit_bytes", MEMORY, {"true"}),
        ("librespot_tasks_limit", None, {"true"}),
        ("librespot_cpu_seconds_total", 1e6, {"true"}),
    ],
)
def test_what_is_not_so_is_red(
    metric: str, value: float | None, checks: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = looked(tmp_path, monkeypatch, told(**{metric: value}))
    assert red(found) == checks, found


@pytest.mark.parametrize("more", ['librespot_audit_findings{status="passed"} 9', 'librespot_no_such{name="kitchen"} 1'])
def test_what_is_not_the_monitors_is_red(more: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert red(looked(tmp_path, monkeypatch, f"{told()}{more}\n")) == {"told"}


@pytest.mark.parametrize(("more", "checks"), [(10.0, set()), (1e9, {"true"})])
def test_of_one_that_was_started_again_no_more_is_told_than_there_was_time_for(
    more: float, checks: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = monitored._processor_s(os.getpid()) + more
    text = told(librespot_instance_starts_total=1, librespot_cpu_seconds_total=used)
    assert red(looked(tmp_path, monkeypatch, text)) == checks


@pytest.mark.parametrize("text", ["", "nonsense\n", "librespot_tasks\n"])
def test_what_cannot_be_read_is_red(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = looked(tmp_path, monkeypatch, text or "")
    assert red(found) == {"told", "true"}
