# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When each alert fires and when it does not, in metrics as a host has them. Nothing here comes from the rules.

Values are promtool's: one each minute, ``a+bxn`` for n more that each grow by b, ``_`` for none. The clock begins at 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_HOST = {"instance": "host:9100", "job": "node"}
KITCHEN = {**_HOST, "name": "kitchen"}


def of(metric: str, labels: Mapping[str, str] | None = None, **more: str) -> str:
    """Return the series of *metric* of the kitchen, or with *labels*."""
    chosen = {**(KITCHEN if labels is None else labels), **more}
    return metric + "{" + ", ".join(f'{name}="{value}"' for name, value in sorted(chosen.items())) + "}"


@dataclass(frozen=True)
class Case:
    """With *series* the alert fires at *fires* (minutes), as many times as it has *labels*, and not at *silent*.

    With *below*, which is just not enough, it never fires. *summary* is that of the first.
    """

    alert: str
    why: str
    series: Mapping[str, str]
    fires: int
    silent: tuple[int, ...]
    below: Mapping[str, str]
    summary: str
    labels: Mapping[str, str] = field(default_factory=lambda: KITCHEN)
    severity: str = "warning"
    step_min: int = 1
    """How far apart the values are, and the looks at the rules."""


_LIMIT = of("librespot_memory_limit_bytes")
_SET = of("librespot_memory_working_set_bytes")
_MEMORY = of("librespot_memory_bytes")
_OOM = of("librespot_memory_events_total", event="oom_kill")
_KILLED = of("librespot_instance_failures_total", result="oom-kill")
_MAX = of("librespot_memory_events_total", event="max")
_HIGH = of("librespot_memory_events_total", event="high")
_PERIODS = of("librespot_cpu_periods_total")
_THROTTLED = of("librespot_cpu_throttled_periods_total")
_UP = of("librespot_instance_up")
_HEALTHY = of("librespot_instance_healthy")
_LOOK = of("librespot_monitor_last_look_timestamp_seconds", _HOST)
_SINCE = of("librespot_monitor_counting_since_timestamp_seconds", _HOST)
_LONG = {_SINCE: "-90000x40"}
"""Its monitor has counted for long, and Prometheus hears of it for the first time: what it has counted is past."""


def _ratio(alert: str, part: str, whole: str, below: int, above: int, summary: str) -> Case:
    return Case(
        alert,
        "near the limit",
        {of(part): f"{above}x9 {below}x10", of(whole): "100x20"},
        6,
        (0, 4, 11),
        {of(part): f"{below}x20", of(whole): "100x20"},
        f"kitchen on host:9100 {summary}",
    )


def _pressed(alert: str, resource: str, below: int, above: int, summary: str) -> Case:
    """Seconds of waiting in each minute."""
    series = of("librespot_pressure_seconds_total", resource=resource, kind="some")
    return Case(
        alert,
        "tasks wait",
        {series: f"0+{above}x30 {above * 31}x20"},
        16,
        (0, 9, 45),
        {series: f"0+{below}x50"},
        f"kitchen on host:9100 waits for {summary}",
        {**KITCHEN, "resource": resource, "kind": "some"},
    )


CASES = (
    _ratio(
        "LibrespotMemoryNearLimit",
        "librespot_memory_working_set_bytes",
        "librespot_memory_limit_bytes",
        90,
        91,
        "has nearly used up its memory",
    ),
    Case(
        "LibrespotMemoryNearLimit",
        "a host that does not tell what is cache",
        {_MEMORY: "91x20", _LIMIT: "100x20"},
        6,
        (0,),
        # What can be dropped again does not count where it is known.
        {_MEMORY: "99x20", _SET: "50x20", _LIMIT: "100x20"},
        "kitchen on host:9100 has nearly used up its memory",
    ),
    Case(
        "LibrespotOutOfMemory",
        "between two looks of Prometheus",
        {_OOM: "0x5 1x30"},
        6,
        (5, 16),
        {_OOM: "3x40", **_LONG},
        "kitchen on host:9100 was ended by the kernel: out of memory",
        severity="critical",
    ),
    Case(
        "LibrespotOutOfMemory",
        "and a look at the host fails meanwhile",
        {_OOM: "0x5 1 stale 1x30"},
        7,
        (5, 17),
        {_OOM: "3x5 stale 3x30", **_LONG},
        "kitchen on host:9100 was ended by the kernel: out of memory",
        severity="critical",
    ),
    Case(
        "LibrespotOutOfMemory",
        "soon after Prometheus first heard of a host that has counted for long",
        {_OOM: "3x5 4x30", **_LONG},
        6,
        (4, 16),
        {_OOM: "3x40", **_LONG},
        "kitchen on host:9100 was ended by the kernel: out of memory",
        severity="critical",
    ),
    Case(
        "LibrespotOutOfMemory",
        "before Prometheus first looked",
        {_OOM: "_x5 1x30", _SINCE: "_x5 280x30"},
        6,
        (4, 16),
        {_OOM: "_x5 0x30", _SINCE: "_x5 280x30"},
        "kitchen on host:9100 was ended by the kernel: out of memory",
        severity="critical",
    ),
    Case(
        "LibrespotOutOfMemory",
        "known by systemd alone, since the control group is gone",
        {_KILLED: "0x5 1x30", _OOM: "0x40"},
        6,
        (5, 16),
        {of("librespot_instance_failures_total", result="exit-code"): "0x5 1x30", _OOM: "0x40"},
        "kitchen on host:9100 was ended by the kernel: out of memory",
        severity="critical",
    ),
    Case(
        "LibrespotOutOfMemory",
        "while the host was not reached",
        {_OOM: "2x12 _x96 3x12", _LOOK: "0+300x12 _x96 32700+300x12", _SINCE: "-90000x120"},
        545,
        (60, 300, 560),
        # Off for the night, and nothing new in the morning.
        {_OOM: "2x12 _x96 2x12", _LOOK: "0+300x12 _x96 32700+300x12", _SINCE: "-90000x120"},
        "kitchen on host:9100 was ended by the kernel: out of memory",
        severity="critical",
        step_min=5,
    ),
    Case(
        "LibrespotOutOfMemory",
        "after the counter began anew",
        {_OOM: "5x30 0x5 1x30", _LOOK: "0+60x80", _SINCE: "-90000x80"},
        38,
        (30, 35, 50),
        {_OOM: "5x30 0x35", **_LONG},
        "kitchen on host:9100 was ended by the kernel: out of memory",
        severity="critical",
    ),
    Case(
        "LibrespotOutOfMemory",
        "after the counter began anew, and came to what it was",
        {_OOM: "1x30 0x2 1x30", _LOOK: "0+60x80", _SINCE: "-90000x30 1860x40"},
        35,
        (30, 33, 50),
        {_OOM: "1x30 0x40", _LOOK: "0+60x80", _SINCE: "-90000x30 1860x40"},
        "kitchen on host:9100 was ended by the kernel: out of memory",
        severity="critical",
    ),
    Case(
        "LibrespotMemoryAtLimit",
        "once",
        {_MAX: "0x5 1x30"},
        6,
        (5, 16),
        {_MAX: "7x40", **_LONG},
        "kitchen on host:9100 came to its limit of memory",
        {**KITCHEN, "event": "max"},
    ),
    Case(
        "LibrespotMemorySlowed",
        "again and again",
        {_HIGH: "0x20 0+10x9 100x30"},
        31,
        (20, 28, 42),
        {_HIGH: "0+9.9x60"},
        "kitchen on host:9100 is slowed down for its memory",
        {**KITCHEN, "event": "high"},
    ),
    Case(
        "LibrespotMemorySlowed",
        "in the first minutes of the host, and silent of what was long ago",
        {_HIGH: "0+30x10 300x30"},
        8,
        (1, 25),
        {_HIGH: "5000x30"},
        "kitchen on host:9100 is slowed down for its memory",
        {**KITCHEN, "event": "high"},
    ),
    Case(
        "LibrespotCpuThrottled",
        "more than a quarter of the periods",
        {_PERIODS: "0+600x60", _THROTTLED: "0+156x30 4836x30"},
        16,
        (0, 9, 45),
        {_PERIODS: "0+600x60", _THROTTLED: "0+150x60"},
        "kitchen on host:9100 is held up by its quota of the processor",
    ),
    Case(
        "LibrespotCpuThrottled",
        "a single instance of several",
        {_PERIODS: "0+10x60", _THROTTLED: "0+10x60", of("librespot_cpu_periods_total", name="attic"): "0+600x60"},
        16,
        (0,),
        # It does not run, so that nothing is divided by nothing.
        {_PERIODS: "7x60", _THROTTLED: "7x60"},
        "kitchen on host:9100 is held up by its quota of the processor",
    ),
    _ratio(
        "LibrespotTasksNearLimit",
        "librespot_tasks",
        "librespot_tasks_limit",
        80,
        81,
        "has nearly as many tasks as it may have",
    ),
    Case(
        "LibrespotTasksRefused",
        "once",
        {of("librespot_tasks_refused_total"): "0x5 3x30"},
        6,
        (5, 16),
        {of("librespot_tasks_refused_total"): "3x40", **_LONG},
        "kitchen on host:9100 was refused a task",
        severity="critical",
    ),
    _ratio(
        "LibrespotFilesNearLimit",
        "librespot_open_files",
        "librespot_open_files_limit",
        80,
        81,
        "has nearly as many open files as it may have",
    ),
    _pressed("LibrespotCpuPressure", "cpu", 24, 25, "a processor"),
    _pressed("LibrespotMemoryPressure", "memory", 6, 7, "memory"),
    _pressed("LibrespotIoPressure", "io", 17, 19, "a disk"),
    Case(
        "LibrespotInstanceDown",
        "for a minute",
        {_UP: "1x5 0x5 1x10"},
        8,
        (5, 6, 12),
        # It restarts within a minute, as it is bound to after an update.
        {_UP: "1x5 0 1x20"},
        "kitchen on host:9100 does not run",
        severity="critical",
    ),
    Case(
        "LibrespotNotAnswering",
        "a wedged listener",
        {_UP: "1x20", _HEALTHY: "1x5 0x5 1x10"},
        8,
        (5, 6, 12),
        # It does not run, which is another alert.
        {_UP: "0x20", _HEALTHY: "0x20"},
        "kitchen on host:9100 runs, and does not answer",
        severity="critical",
    ),
    Case(
        "LibrespotAnswersRarely",
        "six times",
        {of("librespot_instance_health_failures_total"): "9x20 9+1x5 15x30"},
        27,
        (20, 24, 38),
        {of("librespot_instance_health_failures_total"): "9x20 9+1x4 14x30"},
        "kitchen on host:9100 does not always answer",
    ),
    Case(
        "LibrespotCrashLoop",
        "four starts",
        {of("librespot_instance_starts_total"): "1x20 2 3 4 5x30"},
        24,
        (20, 22, 40),
        {of("librespot_instance_starts_total"): "1x20 2 3 4x30"},
        "kitchen on host:9100 starts again and again",
        severity="critical",
    ),
    Case(
        "LibrespotInstanceFailed",
        "a result that was never seen before, of a host that is known",
        {of("librespot_instance_failures_total", result="signal"): "_x20 1x30", _LOOK: "0+60x60", _SINCE: "-90000x60"},
        21,
        (19, 31),
        {of("librespot_instance_failures_total", result="signal"): "4x40", **_LONG},
        "kitchen on host:9100 failed: signal",
        {**KITCHEN, "result": "signal"},
    ),
    Case(
        "LibrespotMonitorStale",
        "it has stopped",
        {_LOOK: "0+60x5 300x6 720+60x10"},
        10,
        (5, 7, 14),
        {_LOOK: "-120+60x40"},
        "The monitor on host:9100 has stopped looking",
        _HOST,
    ),
    Case(
        "LibrespotHostSilent",
        "nothing of it is scraped",
        {_LOOK: "0+60x20 _x30 3060+60x10"},
        35,
        (20, 27, 53),
        # A single scrape that failed, and a host that was given up a day ago.
        {_LOOK: "0+60x20 _ 1320+60x40"},
        "Nothing is heard of the instances on host:9100 any more",
        _HOST,
    ),
    Case(
        "LibrespotUnreadable",
        "for ten minutes",
        {of("librespot_monitor_unreadable", what="memory"): "1x15 0x10"},
        11,
        (0, 9, 17),
        {of("librespot_monitor_unreadable", what="memory"): "0x20"},
        "The monitor on host:9100 cannot read memory of kitchen",
        {**KITCHEN, "what": "memory"},
    ),
    Case(
        "LibrespotReleaseDiffers",
        "one was not restarted",
        {
            of("librespot_instance_info", deployment="systemd", release="r2", version="0.8.0"): "1x130",
            of("librespot_instance_info", name="attic", deployment="systemd", release="r1", version="0.8.0"): "1x90",
        },
        70,
        (0, 50, 100),
        {
            of("librespot_instance_info", deployment="systemd", release="r2", version="0.8.0"): "1x130",
            # A container is made from an image, which has an id of its own.
            of("librespot_instance_info", name="attic", deployment="container", release="i1", version="0.8.0"): "1x130",
        },
        "Instances on host:9100 run 2 releases",
        {"instance": "host:9100", "deployment": "systemd"},
        severity="info",
    ),
    Case(
        "LibrespotFleetDiffers",
        "a rollout that ended half-way",
        {
            of("librespot_instance_info", version="0.8.0"): "1x60",
            of("librespot_instance_info", instance="other:9100", version="0.7.1"): "1x52",
        },
        1470,
        (0, 1410, 1620),
        {
            of("librespot_instance_info", version="0.8.0"): "1x60",
            of("librespot_instance_info", instance="other:9100", version="0.8.0"): "1x60",
        },
        "The fleet runs 2 versions of librespot",
        {},
        severity="info",
        step_min=30,
    ),
    Case(
        "LibrespotGrantEnds",
        "within ten minutes",
        {of("librespot_grant_expires_timestamp_seconds", _HOST, zone="guests", address="192.0.2.7"): "1200x20 stale"},
        11,
        (0, 10, 21),
        {of("librespot_grant_expires_timestamp_seconds", _HOST, zone="guests", address="192.0.2.7"): "3000x40"},
        "The grant of 192.0.2.7 in guests on host:9100 ends soon",
        {**_HOST, "zone": "guests", "address": "192.0.2.7"},
        severity="info",
    ),
    Case(
        "LibrespotGrantExpired",
        "by itself",
        {of("librespot_grants_expired_total", _HOST, zone="guests"): "0x5 1x30"},
        6,
        (5, 16),
        {of("librespot_grants_expired_total", _HOST, zone="guests"): "2x40", **_LONG},
        "A grant in guests on host:9100 has ended",
        {**_HOST, "zone": "guests"},
        severity="info",
    ),
    Case(
        "LibrespotHighControlRed",
        "a finding of a control of high severity",
        {of("librespot_audit_red", _HOST, control="CON-01", severity="High"): "0x5 2x5 0x10"},
        6,
        (5, 12),
        {of("librespot_audit_red", _HOST, control="CON-01", severity="Medium"): "2x20"},
        "CON-01 is red on host:9100",
        {**_HOST, "control": "CON-01"},
        severity="critical",
    ),
    Case(
        "LibrespotControlRed",
        "a finding of another control",
        {of("librespot_audit_red", _HOST, control="CFG-06", severity="Medium"): "0x5 1x5 0x10"},
        6,
        (5, 12),
        {of("librespot_audit_red", _HOST, control="CFG-06", severity="High"): "1x20"},
        "CFG-06 is red on host:9100",
        {**_HOST, "control": "CFG-06"},
    ),
    Case(
        "LibrespotAuditOverdue",
        "for more than 26 hours",
        {of("librespot_audit_last_run_timestamp_seconds", _HOST): "0x320 96300x10"},
        1570,
        (0, 1560, 1610),
        {of("librespot_audit_last_run_timestamp_seconds", _HOST): "60x300 90000x30"},
        "The audit of host:9100 is overdue",
        _HOST,
        step_min=5,
    ),
    Case(
        "LibrespotWaiverEnds",
        "within two weeks",
        {of("librespot_audit_waiver_expires_timestamp_seconds", _HOST, control="SUP-01"): "1210200x30 stale"},
        11,
        (0, 10, 31),
        {of("librespot_audit_waiver_expires_timestamp_seconds", _HOST, control="SUP-01"): "1300000x40"},
        "The waiver of SUP-01 on host:9100 ends soon",
        {**_HOST, "control": "SUP-01"},
    ),
    Case(
        "LibrespotAdvisoriesOpen",
        "one of high severity",
        {
            of("librespot_check_open_advisories", _HOST, severity="critical"): "0x5 1x5 0x10",
            of("librespot_check_open_advisories", _HOST, severity="high"): "0x5 1x5 0x10",
        },
        6,
        (5, 12),
        {
            of("librespot_check_open_advisories", _HOST, severity="medium"): "4x20",
            of("librespot_check_open_advisories", _HOST, severity="high"): "0x20",
        },
        "2 advisories of high or critical severity are open",
        _HOST,
        severity="critical",
    ),
    Case(
        "LibrespotCheckOverdue",
        "it could not look for more than 50 hours",
        {of("librespot_check_last_complete_timestamp_seconds", _HOST): "0x102 185400x10"},
        3030,
        (0, 3000, 3120),
        {of("librespot_check_last_complete_timestamp_seconds", _HOST): "3600x50 100000x70"},
        "The check for advisories is overdue on host:9100",
        _HOST,
        step_min=30,
    ),
    Case(
        "LibrespotCheckUndelivered",
        "one channel",
        {of("librespot_check_undelivered", _HOST): "0x5 1x5 0x10"},
        6,
        (5, 12),
        {of("librespot_check_undelivered", _HOST): "0x20"},
        "The check on host:9100 could not tell what it found",
        _HOST,
    ),
    Case(
        "LibrespotReleasesNewer",
        "for a week",
        {of("librespot_check_newer_releases", _HOST): "1x87 0x4"},
        10200,
        (0, 9960, 10800),
        {of("librespot_check_newer_releases", _HOST): "0x90"},
        "1 newer releases of librespot have been there for a week",
        _HOST,
        severity="info",
        step_min=120,
    ),
)
