# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the dashboard shows, row by row. How Grafana writes it down is in dashboard.py.

The queries use metrics alone, so that the dashboard also works where the rules are not loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

TIMESERIES = "timeseries"
STAT = "stat"
TABLE = "table"
TIMELINE = "state-timeline"

ONE = '{instance=~"$instance", name=~"$name"}'
HOST = '{instance=~"$instance"}'
_LEGEND = "{{instance}} {{name}}"


@dataclass(frozen=True)
class Query:
    """An expression, and what its series are called."""

    expr: str
    legend: str = _LEGEND


@dataclass(frozen=True)
class Panel:
    """One panel.

    *unit* is Grafana's name of it, *width* is of 24 columns, *bad* is where it turns red. With *limits* some of its
    series are limits. *columns* are the headings of a table by the labels that it shows, *value* that of the value.
    *states* are what numbers are called, and their colours.
    """

    kind: str
    title: str
    about: str
    queries: tuple[Query, ...]
    unit: str = "short"
    width: int = 8
    bad: float | None = None
    maximum: float | None = None
    limits: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    value: str = ""
    states: Mapping[int, tuple[str, str]] = field(default_factory=dict)


def _limited(title: str, about: str, used: str, limit: str, unit: str) -> Panel:
    queries = (Query(used), Query(limit, f"{_LEGEND} limit"))
    return Panel(TIMESERIES, title, about, queries, unit, limits=True)


def _rate(metric: str, labels: str = "") -> str:
    chosen = f"{ONE[:-1]}, {labels}}}" if labels else ONE
    return f"rate({metric}{chosen}[$__rate_interval])"


def _grown(metric: str) -> str:
    return f"increase({metric}{ONE}[$__rate_interval]) > 0"


def rows(thresholds: Mapping[str, int]) -> dict[str, tuple[Panel, ...]]:
    """Return the panels of each row by its title; *thresholds* are those of the alerts."""
    return {
        "Now": _now(thresholds),
        "Use against limits": _resources(thresholds),
        "Service": _service(),
        "Audit, access and updates": _security(),
    }


def _now(thresholds: Mapping[str, int]) -> tuple[Panel, ...]:
    firing = 'count(ALERTS{service="librespot", alertstate="firing", instance=~"$instance"}) or vector(0)'
    age = f"time() - min(librespot_monitor_last_look_timestamp_seconds{HOST})"
    return (
        Panel(
            STAT,
            "Instances down",
            "Instances that have no process.",
            (Query(f"count(librespot_instance_up{ONE} == 0) or vector(0)", ""),),
            width=4,
            bad=1,
        ),
        Panel(
            STAT,
            "Not answering",
            "Instances that run, and gave no sign of life at the last look.",
            (
                Query(
                    f"count(librespot_instance_healthy{ONE} == 0 and librespot_instance_up{ONE} == 1) or vector(0)", ""
                ),
            ),
            width=4,
            bad=1,
        ),
        Panel(STAT, "Alerts", "Alerts of librespot that fire.", (Query(firing, ""),), width=4, bad=1),
        Panel(
            STAT,
            "Red findings",
            "Of the last scheduled audit of each host.",
            (Query(f"sum(librespot_audit_red{HOST}) or vector(0)", ""),),
            width=4,
            bad=1,
        ),
        Panel(
            STAT,
            "Oldest look",
            "How long ago the monitor of a host last looked; the longest of all hosts.",
            (Query(age, ""),),
            unit="s",
            width=4,
            bad=thresholds["monitor_age"],
        ),
        Panel(
            STAT,
            "Open advisories",
            "Of what runs, as the last check found them.",
            (Query("sum(librespot_check_open_advisories) or vector(0)", ""),),
            width=4,
            bad=1,
        ),
        Panel(
            TIMELINE,
            "State",
            "Whether each instance runs, and answers.",
            (Query(f"librespot_instance_up{ONE} + librespot_instance_healthy{ONE}"),),
            width=24,
            states={0: ("down", "red"), 1: ("not answering", "orange"), 2: ("well", "green")},
        ),
    )


def _resources(thresholds: Mapping[str, int]) -> tuple[Panel, ...]:
    working_set = f"(librespot_memory_working_set_bytes{ONE} or librespot_memory_bytes{ONE})"
    throttled = f"{_rate('librespot_cpu_throttled_periods_total')} / {_rate('librespot_cpu_periods_total')}"
    some = _rate("librespot_pressure_seconds_total", 'kind="some"')
    return (
        _limited(
            "Memory",
            "Without page cache that can be dropped, where the host tells it.",
            working_set,
            f"librespot_memory_limit_bytes{ONE}",
            "bytes",
        ),
        _limited(
            "Processors",
            "How many processors it keeps busy.",
            _rate("librespot_cpu_seconds_total"),
            f"librespot_cpu_limit_ratio{ONE}",
            "none",
        ),
        _limited("Tasks", "Processes and threads.", f"librespot_tasks{ONE}", f"librespot_tasks_limit{ONE}", "short"),
        _limited(
            "Open files",
            "Connections as well.",
            f"librespot_open_files{ONE}",
            f"librespot_open_files_limit{ONE}",
            "short",
        ),
        Panel(
            TIMESERIES,
            "Throttled",
            "Periods in which its quota of the processor was used up. The line is where an alert fires.",
            (Query(throttled),),
            "percentunit",
            bad=thresholds["throttled_percent"] / 100,
            maximum=1,
        ),
        Panel(
            TIMESERIES,
            "Pressure",
            "Time in which some of its tasks waited for a resource.",
            (Query(some, f"{_LEGEND} {{{{resource}}}}"),),
            "percentunit",
        ),
        Panel(
            TIMESERIES,
            "Breaches of memory",
            "How often it came to a limit of memory: high slows it down, oom_kill ends it.",
            (Query(_grown("librespot_memory_events_total"), f"{_LEGEND} {{{{event}}}}"),),
        ),
        Panel(
            TIMESERIES,
            "Refused tasks",
            "Tasks that it could not start.",
            (Query(_grown("librespot_tasks_refused_total")),),
        ),
        Panel(
            TIMESERIES,
            "Disk",
            "Bytes to and from block devices.",
            (
                Query(_rate("librespot_io_read_bytes_total"), f"{_LEGEND} read"),
                Query(_rate("librespot_io_written_bytes_total"), f"{_LEGEND} written"),
            ),
            "Bps",
        ),
    )


def _service() -> tuple[Panel, ...]:
    return (
        Panel(
            TIMESERIES,
            "Starts",
            "Starts, whoever asked for them.",
            (Query(_grown("librespot_instance_starts_total")),),
        ),
        Panel(
            TIMESERIES,
            "Failures",
            "Ends that nobody asked for, by what systemd or the kernel says of them.",
            (Query(_grown("librespot_instance_failures_total"), f"{_LEGEND} {{{{result}}}}"),),
        ),
        Panel(
            TIMESERIES,
            "Looks without an answer",
            "How often it gave no sign of life while it ran.",
            (Query(_grown("librespot_instance_health_failures_total")),),
        ),
        Panel(
            TABLE,
            "Versions",
            "What each instance runs, and since when.",
            (
                Query(
                    f"librespot_instance_start_timestamp_seconds{ONE} * 1000\n"
                    f"* on (instance, job, name) group_left (deployment, release, version) librespot_instance_info{ONE}"
                ),
            ),
            "dateTimeAsIso",
            16,
            columns={
                "instance": "Host",
                "name": "Instance",
                "deployment": "Deployment",
                "version": "Version",
                "release": "Release",
            },
            value="Started",
        ),
        Panel(
            TABLE,
            "Not readable",
            "What the monitor could not read, and so does not watch.",
            (Query(f"librespot_monitor_unreadable{ONE} == 1"),),
            columns={"instance": "Host", "name": "Instance", "what": "What"},
        ),
    )


def _security() -> tuple[Panel, ...]:
    return (
        Panel(
            TIMESERIES,
            "Findings",
            "Of the scheduled audit, by their status.",
            (Query(f"sum by (status) (librespot_audit_findings{HOST})", "{{status}}"),),
        ),
        Panel(
            TABLE,
            "Red controls",
            "How many findings of each control are red.",
            (Query(f"librespot_audit_red{HOST} > 0"),),
            columns={"instance": "Host", "control": "Control", "severity": "Severity"},
            value="Red",
        ),
        Panel(
            TABLE,
            "Audits",
            "When the audit of each host last came to its end.",
            (Query(f"librespot_audit_last_run_timestamp_seconds{HOST} * 1000"),),
            "dateTimeAsIso",
            columns={"instance": "Host"},
            value="Last audit",
        ),
        Panel(
            TABLE,
            "Grants",
            "Whom an application has let in, and until when.",
            (Query(f"librespot_grant_expires_timestamp_seconds{HOST} * 1000"),),
            "dateTimeAsIso",
            columns={"instance": "Host", "zone": "Zone", "address": "Address"},
            value="Ends",
        ),
        Panel(
            TABLE,
            "Waivers",
            "Red findings that someone accepts, and until when.",
            (Query(f"librespot_audit_waiver_expires_timestamp_seconds{HOST} * 1000"),),
            "dateTimeAsIso",
            columns={"instance": "Host", "control": "Control"},
            value="Ends",
        ),
        Panel(
            TIMESERIES,
            "Advisories",
            "Known vulnerabilities of what runs that no waiver accepts, by severity.",
            (Query("sum by (severity) (librespot_check_open_advisories)", "{{severity}}"),),
        ),
    )
