# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every alert, once: Prometheus' rules, their tests' completeness, the documentation and the host's notices use it."""

from __future__ import annotations

from .alert import (
    CRITICAL,
    DAYS,
    INFO,
    PERCENT,
    SECONDS,
    TIMES,
    WARNING,
    Above,
    Alert,
    Differs,
    Ends,
    Gone,
    Happened,
    Is,
    Older,
    Rate,
    Series,
    Share,
    Threshold,
)

THRESHOLDS: dict[str, Threshold] = {
    item.name: item
    for item in (
        Threshold(
            "memory_percent", 90, 1, 100, PERCENT, "Memory in use, without cache that can be dropped, of its limit"
        ),
        Threshold("memory_slowed", 100, 1, 1_000_000, TIMES, "Slow-downs at memory_high within 10 minutes"),
        Threshold("throttled_percent", 25, 1, 100, PERCENT, "Periods in which its quota of the processor was used up"),
        Threshold("tasks_percent", 80, 1, 100, PERCENT, "Tasks of their limit"),
        Threshold("files_percent", 80, 1, 100, PERCENT, "Open files of their limit"),
        Threshold("pressure_cpu_percent", 40, 1, 100, PERCENT, "Time in which tasks waited for a processor"),
        Threshold("pressure_memory_percent", 10, 1, 100, PERCENT, "Time in which tasks waited for memory"),
        Threshold("pressure_io_percent", 30, 1, 100, PERCENT, "Time in which tasks waited for a disk"),
        Threshold("starts", 4, 2, 1000, TIMES, "Starts within 15 minutes"),
        Threshold("health_failures", 6, 1, 1000, TIMES, "Looks without an answer within 10 minutes"),
        Threshold("monitor_age", 120, 30, 86400, SECONDS, "Age of the monitor's last look"),
        Threshold("audit_age", 93600, 600, 2_678_400, SECONDS, "Age of the last scheduled audit"),
        Threshold("check_age", 180_000, 3600, 2_678_400, SECONDS, "Age of the last complete check for advisories"),
        Threshold("grant_left", 600, 60, 604_800, SECONDS, "Time that a grant has left"),
        Threshold("waiver_left", 14, 1, 365, DAYS, "Days that a waiver has left"),
    )
}

RESOURCES = "resources"
SERVICE = "service"
ACCESS = "access"
AUDIT = "audit"
UPDATES = "updates"
GROUPS = (RESOURCES, SERVICE, ACCESS, AUDIT, UPDATES)

_MEMORY_EVENTS = "librespot_memory_events_total"
_LOOK = Series("librespot_monitor_last_look_timestamp_seconds")
_PROFILE = "Measure what it needs with the module resource_profile, and raise its limits"
_JOURNAL = "Read why: journalctl --unit librespot-{name} --lines 50"


def _pressure(title: str, resource: str, meaning: str) -> Alert:
    return Alert(
        f"Librespot{title}Pressure",
        RESOURCES,
        Rate(
            Series("librespot_pressure_seconds_total", {"resource": (resource,), "kind": ("some",)}),
            f"pressure_{resource}_percent",
        ),
        WARNING,
        600,
        "{name} on {host} waits for " + meaning,
        "Tasks of it waited for " + meaning + " for {value} of the time, more than {threshold}.",
        "Look at what else runs on the host. " + _PROFILE,
    )


_RESOURCES = (
    Alert(
        "LibrespotMemoryNearLimit",
        RESOURCES,
        Share(
            ("librespot_memory_working_set_bytes", "librespot_memory_bytes"),
            "librespot_memory_limit_bytes",
            "memory_percent",
        ),
        WARNING,
        300,
        "{name} on {host} has nearly used up its memory",
        "It uses {value} of its limit, more than {threshold}. At the limit the kernel ends it.",
        _PROFILE,
    ),
    Alert(
        "LibrespotOutOfMemory",
        RESOURCES,
        Happened(
            (
                Series(_MEMORY_EVENTS, {"event": ("oom_kill",)}),
                Series("librespot_instance_failures_total", {"result": ("oom-kill",)}),
            )
        ),
        CRITICAL,
        0,
        "{name} on {host} was ended by the kernel: out of memory",
        "It came to its limit of memory and the kernel killed it, {value} times within 10 minutes.",
        _PROFILE + ", or find out what makes it grow: a leak comes back at any limit",
    ),
    Alert(
        "LibrespotMemoryAtLimit",
        RESOURCES,
        Happened((Series(_MEMORY_EVENTS, {"event": ("max",)}),)),
        WARNING,
        0,
        "{name} on {host} came to its limit of memory",
        "It asked for more than its limit {value} times within 10 minutes, and the kernel took back what it could.",
        _PROFILE,
    ),
    Alert(
        "LibrespotMemorySlowed",
        RESOURCES,
        Happened((Series(_MEMORY_EVENTS, {"event": ("high",)}),), "memory_slowed", rare=False),
        WARNING,
        0,
        "{name} on {host} is slowed down for its memory",
        "It was {value} times above memory_high within 10 minutes ({threshold} are told): the kernel slows it down.",
        _PROFILE,
    ),
    Alert(
        "LibrespotCpuThrottled",
        RESOURCES,
        Rate(Series("librespot_cpu_throttled_periods_total"), "throttled_percent", "librespot_cpu_periods_total"),
        WARNING,
        600,
        "{name} on {host} is held up by its quota of the processor",
        "It used up its quota in {value} of the periods, more than {threshold}. Playback may stutter.",
        _PROFILE,
    ),
    Alert(
        "LibrespotTasksNearLimit",
        RESOURCES,
        Share(("librespot_tasks",), "librespot_tasks_limit", "tasks_percent"),
        WARNING,
        300,
        "{name} on {host} has nearly as many tasks as it may have",
        "It has {value} of its limit, more than {threshold}. At the limit it can start no thread.",
        "See what they are: systemctl status librespot-{name}. " + _PROFILE,
    ),
    Alert(
        "LibrespotTasksRefused",
        RESOURCES,
        Happened((Series("librespot_tasks_refused_total"),)),
        CRITICAL,
        0,
        "{name} on {host} was refused a task",
        "It came to its limit of tasks {value} times within 10 minutes. It may have been taken over, or does not work.",
        "See what its tasks are: systemctl status librespot-{name}. " + _PROFILE,
    ),
    Alert(
        "LibrespotFilesNearLimit",
        RESOURCES,
        Share(("librespot_open_files",), "librespot_open_files_limit", "files_percent"),
        WARNING,
        300,
        "{name} on {host} has nearly as many open files as it may have",
        "It has {value} of its limit, more than {threshold}. At the limit it takes no connection.",
        "See who is connected: ss --tcp --processes. " + _PROFILE,
    ),
    _pressure("Cpu", "cpu", "a processor"),
    _pressure("Memory", "memory", "memory"),
    _pressure("Io", "io", "a disk"),
)

_SERVICE = (
    Alert(
        "LibrespotInstanceDown",
        SERVICE,
        Is(Series("librespot_instance_up"), 0),
        CRITICAL,
        60,
        "{name} on {host} does not run",
        "It has no process, and systemd or the engine has not brought it back.",
        _JOURNAL,
    ),
    Alert(
        "LibrespotNotAnswering",
        SERVICE,
        Is(Series("librespot_instance_healthy"), 0, "librespot_instance_up"),
        CRITICAL,
        60,
        "{name} on {host} runs, and does not answer",
        "Its listener gives no sign of life. The watchdog restarts it; this goes on nevertheless.",
        _JOURNAL + ". Restart it: systemctl restart librespot-{name}",
    ),
    Alert(
        "LibrespotAnswersRarely",
        SERVICE,
        Happened((Series("librespot_instance_health_failures_total"),), "health_failures", rare=False),
        WARNING,
        0,
        "{name} on {host} does not always answer",
        "It gave no sign of life at {value} looks within 10 minutes ({threshold} are told).",
        _JOURNAL + ". Look at the host's load, and at who floods it",
    ),
    Alert(
        "LibrespotCrashLoop",
        SERVICE,
        Happened((Series("librespot_instance_starts_total"),), "starts", minutes=15, rare=False),
        CRITICAL,
        0,
        "{name} on {host} starts again and again",
        "It was started {value} times within 15 minutes ({threshold} are told).",
        _JOURNAL + ". Go back to the release before: hardened.librespot.rollback",
    ),
    Alert(
        "LibrespotInstanceFailed",
        SERVICE,
        Happened((Series("librespot_instance_failures_total"),)),
        WARNING,
        0,
        "{name} on {host} failed: {result}",
        "It ended {value} times within 10 minutes, and nobody asked for it.",
        _JOURNAL,
    ),
    Alert(
        "LibrespotMonitorStale",
        SERVICE,
        Older(_LOOK, "monitor_age"),
        WARNING,
        60,
        "The monitor on {host} has stopped looking",
        "Its last look was {value} ago, more than {threshold}. What is known of the instances is as old.",
        "Look at it, and at the host's clock: systemctl status hardened-librespot-monitor",
    ),
    Alert(
        "LibrespotHostSilent",
        SERVICE,
        Gone(_LOOK),
        WARNING,
        300,
        "Nothing is heard of the instances on {host} any more",
        "Its figures are not among those of node_exporter any more. The last look that was heard of was {value} ago.",
        "Look at whether the host runs, whether Prometheus reaches its node_exporter, and at the link in the directory"
        " of the textfile collector",
    ),
    Alert(
        "LibrespotUnreadable",
        SERVICE,
        Is(Series("librespot_monitor_unreadable"), 1),
        WARNING,
        600,
        "The monitor on {host} cannot read {what} of {name}",
        "What cannot be read is not watched: no alert comes of it.",
        "Read why: journalctl --unit hardened-librespot-monitor --lines 50",
    ),
    Alert(
        "LibrespotReleaseDiffers",
        SERVICE,
        Differs(Series("librespot_instance_info"), "release", ("instance", "deployment")),
        INFO,
        3600,
        "Instances on {host} run {value} releases",
        "An instance that was not restarted after an update still runs what was replaced.",
        "Restart it, or run hardened.librespot.update against this host",
    ),
    Alert(
        "LibrespotFleetDiffers",
        SERVICE,
        Differs(Series("librespot_instance_info"), "version"),
        INFO,
        86400,
        "The fleet runs {value} versions of librespot",
        "A rollout has ended half-way, or some hosts were not among its hosts.",
        "Run hardened.librespot.update against the hosts that are behind",
        fleet=True,
    ),
)

_ACCESS = (
    Alert(
        "LibrespotGrantEnds",
        ACCESS,
        Ends(Series("librespot_grant_expires_timestamp_seconds"), "grant_left"),
        INFO,
        0,
        "The grant of {address} in {zone} on {host} ends soon",
        "It ends in {value}. Its holder then reaches no instance any more.",
        "Grant it again with the module grant where it shall go on",
    ),
    Alert(
        "LibrespotGrantExpired",
        ACCESS,
        Happened((Series("librespot_grants_expired_total"),)),
        INFO,
        0,
        "A grant in {zone} on {host} has ended",
        "{value} grants have ended by themselves within 10 minutes.",
        "Nothing, or grant it again with the module grant",
    ),
)

_AUDIT = (
    Alert(
        "LibrespotHighControlRed",
        AUDIT,
        Above(Series("librespot_audit_red", {"severity": ("High",)})),
        CRITICAL,
        0,
        "{control} is red on {host}",
        "The audit found {value} findings of a control that withstands a threat of high severity.",
        "Read them: journalctl --unit hardened-librespot-audit; find out who changed it; run hardened.librespot.site",
    ),
    Alert(
        "LibrespotControlRed",
        AUDIT,
        Above(Series("librespot_audit_red", {"severity": ("Medium", "Low")})),
        WARNING,
        0,
        "{control} is red on {host}",
        "The audit found {value} findings.",
        "Read them: journalctl --unit hardened-librespot-audit; find out who changed it; run hardened.librespot.site",
    ),
    Alert(
        "LibrespotAuditOverdue",
        AUDIT,
        Older(Series("librespot_audit_last_run_timestamp_seconds"), "audit_age", never=True),
        WARNING,
        300,
        "The audit of {host} is overdue",
        "It last came to its end {value} ago, more than {threshold}. Drift is not noticed meanwhile.",
        "Look at it: systemctl status hardened-librespot-audit.timer hardened-librespot-audit.service",
    ),
    Alert(
        "LibrespotWaiverEnds",
        AUDIT,
        Ends(Series("librespot_audit_waiver_expires_timestamp_seconds"), "waiver_left"),
        WARNING,
        0,
        "The waiver of {control} on {host} ends soon",
        "It ends in {value}. Its findings are red from then on.",
        "Mend what it is for, or renew it with a reason",
    ),
)

_UPDATES = (
    Alert(
        "LibrespotAdvisoriesOpen",
        UPDATES,
        Above(Series("librespot_check_open_advisories", {"severity": ("critical", "high")})),
        CRITICAL,
        0,
        "{value} advisories of high or critical severity are open",
        "What runs has known vulnerabilities that no waiver accepts.",
        "See what the check told; then hardened.librespot.update, or a waiver with its reason",
    ),
    Alert(
        "LibrespotCheckOverdue",
        UPDATES,
        Older(Series("librespot_check_last_complete_timestamp_seconds"), "check_age", never=True),
        WARNING,
        0,
        "The check for advisories is overdue on {host}",
        "It last looked at all that it should {value} ago, more than {threshold}. What is new since is not known.",
        "Read why: journalctl --unit hardened-librespot-check",
    ),
    Alert(
        "LibrespotCheckUndelivered",
        UPDATES,
        Above(Series("librespot_check_undelivered")),
        WARNING,
        0,
        "The check on {host} could not tell what it found",
        "{value} of its channels did not take it.",
        "Read why: journalctl --unit hardened-librespot-check; look at the mail server and the webhooks",
    ),
    Alert(
        "LibrespotReleasesNewer",
        UPDATES,
        Above(Series("librespot_check_newer_releases")),
        INFO,
        604_800,
        "{value} newer releases of librespot have been there for a week",
        "What runs is behind what is published.",
        "Run hardened.librespot.update when it suits",
    ),
)

ALERTS: dict[str, Alert] = {item.name: item for item in (*_RESOURCES, *_SERVICE, *_ACCESS, *_AUDIT, *_UPDATES)}
