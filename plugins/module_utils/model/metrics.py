# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every metric that a host of ours has for Prometheus: exporters, rules, dashboard and documentation are made from it.

Names follow Prometheus' own conventions: base units, and ``_total`` for what only grows. An instance is named by the
label ``name``; ``instance`` is what Prometheus calls the host that it asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

GAUGE = "gauge"
COUNTER = "counter"


@dataclass(frozen=True)
class Metric:
    """One family: its *name*, its *kind*, what it is, and its *labels*."""

    name: str
    kind: str
    about: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """One value of the metric *name*, with the *labels* that the table has for it."""

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


_NAME = ("name",)

MONITOR = (
    Metric("librespot_monitor_last_look_timestamp_seconds", GAUGE, "When the monitor last looked at all instances."),
    Metric("librespot_monitor_counting_since_timestamp_seconds", GAUGE, "When its counters began, all of them at 0."),
    Metric("librespot_monitor_cpu_seconds_total", COUNTER, "Processor time of the monitor itself."),
    Metric("librespot_monitor_memory_bytes", GAUGE, "Memory of the monitor itself."),
    Metric("librespot_monitor_cgroup_version", GAUGE, "Version of control groups of this host, 0 without controllers."),
    Metric("librespot_monitor_unreadable", GAUGE, "1 for what the monitor could not read.", ("name", "what")),
    Metric(
        "librespot_instance_info",
        GAUGE,
        "Always 1: what runs the instance, and what it was made from.",
        ("name", "deployment", "release", "version"),
    ),
    Metric("librespot_instance_up", GAUGE, "Whether the instance has a process.", _NAME),
    Metric("librespot_instance_healthy", GAUGE, "Whether it gave a sign of life at the last look.", _NAME),
    Metric("librespot_instance_health_failures_total", COUNTER, "Looks at which it was up and gave none.", _NAME),
    Metric("librespot_instance_start_timestamp_seconds", GAUGE, "When its process was started.", _NAME),
    Metric(
        "librespot_instance_starts_total", COUNTER, "Starts that the monitor has seen, its first look aside.", _NAME
    ),
    Metric(
        "librespot_instance_failures_total",
        COUNTER,
        "Ends of the instance that nobody asked for, by what systemd or the kernel says of them.",
        ("name", "result"),
    ),
    Metric("librespot_cpu_seconds_total", COUNTER, "Processor time.", _NAME),
    Metric("librespot_cpu_limit_ratio", GAUGE, "Processors that it may use at most.", _NAME),
    Metric("librespot_cpu_periods_total", COUNTER, "Periods of its quota in which it ran.", _NAME),
    Metric("librespot_cpu_throttled_periods_total", COUNTER, "Periods in which its quota was used up.", _NAME),
    Metric("librespot_cpu_throttled_seconds_total", COUNTER, "Time for which it was held up by its quota.", _NAME),
    Metric("librespot_memory_bytes", GAUGE, "Memory, with the page cache that is charged to it.", _NAME),
    Metric("librespot_memory_working_set_bytes", GAUGE, "Memory without the page cache that can be dropped.", _NAME),
    Metric("librespot_memory_peak_bytes", GAUGE, "The most since its control group was made.", _NAME),
    Metric("librespot_memory_limit_bytes", GAUGE, "Memory above which the kernel ends it.", _NAME),
    Metric("librespot_memory_high_bytes", GAUGE, "Memory above which the kernel slows it down.", _NAME),
    Metric(
        "librespot_memory_events_total",
        COUNTER,
        "How often it came to a limit of memory: high, max, oom, oom_kill.",
        ("name", "event"),
    ),
    Metric("librespot_tasks", GAUGE, "Tasks.", _NAME),
    Metric("librespot_tasks_peak", GAUGE, "The most since its control group was made.", _NAME),
    Metric("librespot_tasks_limit", GAUGE, "Tasks that it may have at most.", _NAME),
    Metric("librespot_tasks_refused_total", COUNTER, "Tasks that were refused at the limit.", _NAME),
    Metric("librespot_open_files", GAUGE, "Open files.", _NAME),
    Metric("librespot_open_files_limit", GAUGE, "Files that it may have open at most.", _NAME),
    Metric("librespot_io_read_bytes_total", COUNTER, "Bytes read from block devices.", _NAME),
    Metric("librespot_io_written_bytes_total", COUNTER, "Bytes written to block devices.", _NAME),
    Metric(
        "librespot_pressure_seconds_total",
        COUNTER,
        "How long some or all (full) of its tasks waited for a resource.",
        ("name", "resource", "kind"),
    ),
    Metric(
        "librespot_grant_expires_timestamp_seconds",
        GAUGE,
        "When a grant ends.",
        ("zone", "address"),
    ),
    Metric("librespot_grants_expired_total", COUNTER, "Grants that have ended by themselves.", ("zone",)),
)
"""What the monitor writes."""

AUDIT = (
    Metric("librespot_audit_last_run_timestamp_seconds", GAUGE, "When the audit last came to its end."),
    Metric("librespot_audit_duration_seconds", GAUGE, "How long it took."),
    Metric("librespot_audit_findings", GAUGE, "Findings by their status.", ("status",)),
    Metric("librespot_audit_red", GAUGE, "Red findings by control.", ("control", "severity")),
    Metric("librespot_audit_red_since_timestamp_seconds", GAUGE, "When a control was first found red.", ("control",)),
    Metric("librespot_audit_waiver_expires_timestamp_seconds", GAUGE, "When a waiver ends.", ("control",)),
)
"""What the scheduled audit writes."""

CHECK = (
    Metric("librespot_check_last_run_timestamp_seconds", GAUGE, "When the check last ran."),
    Metric("librespot_check_complete", GAUGE, "Whether the check looked at all that it should."),
    Metric("librespot_check_last_complete_timestamp_seconds", GAUGE, "When it last looked at all, 0 for never."),
    Metric("librespot_check_last_delivery_timestamp_seconds", GAUGE, "When all was last told, 0 for never."),
    Metric("librespot_check_undelivered", GAUGE, "Channels that could not tell what they had to."),
    Metric("librespot_check_open_advisories", GAUGE, "Advisories that are open.", ("severity",)),
    Metric("librespot_check_newer_releases", GAUGE, "Releases newer than what runs."),
)
"""What the check for new releases and advisories writes, on the host that checks."""

METRICS: dict[str, Metric] = {item.name: item for item in (*MONITOR, *AUDIT, *CHECK)}
