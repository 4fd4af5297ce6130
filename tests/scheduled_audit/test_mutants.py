# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each way in which a scheduled audit ends or goes blind: exactly the declared findings of the next audit are red."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.render.audit_units import PATIENCE_S
from tests.scheduled_audit.speaker import (
    DESCRIPTION,
    DIRECTORY,
    LINK,
    PROGRAM,
    RARELY,
    SERVICE,
    TIMER,
    Speaker,
    keys,
)

RUNS = "CFG-06 scheduled host"
REVIEWED = "NET-06 reviewed host"
_UNITS = "/etc/systemd/system"
_REPORT = f"{DIRECTORY}/report.json"
_LONG_AGO = f"touch -d '1 year ago' {DESCRIPTION}"
_EDIT = "import json, sys; r = json.load(open(sys.argv[1])); {edit}; json.dump(r, open(sys.argv[1], 'w'))"


def edited(edit: str) -> str:
    """Return a script that changes the report as ``r``, when it could have been replaced long since."""
    return f'python3 -c "{_EDIT.format(edit=edit)}" {_REPORT}; {_LONG_AGO}'


MUTANTS = {
    "timer-removed": (f"systemctl disable --now --quiet {TIMER}; rm {_UNITS}/{TIMER}; systemctl daemon-reload", RUNS),
    "timer-stopped": (f"systemctl stop {TIMER}", RUNS),
    "timer-not-at-boot": (f"systemctl disable --quiet {TIMER}", RUNS),
    "timer-masked-by-another": (
        f"sed 's/yearly/*-02-29/' {_UNITS}/{TIMER} > /run/systemd/system/{TIMER}; rm {_UNITS}/{TIMER}; "
        "systemctl daemon-reload",
        RUNS,
    ),
    "another-calendar": (f"sed -i 's/OnCalendar=.*/OnCalendar=2099-01-01/' {_UNITS}/{TIMER}", RUNS),
    "drop-in": (
        f"mkdir -p {_UNITS}/{SERVICE}.d; printf '[Service]\\nExecStart=\\nExecStart=/bin/true\\n' "
        f"> {_UNITS}/{SERVICE}.d/a.conf; systemctl daemon-reload",
        RUNS,
    ),
    "rights-of-the-service": (f"sed -i /^ProtectSystem=/d {_UNITS}/{SERVICE}; systemctl daemon-reload", RUNS),
    "old-program": (f"printf x >> {PROGRAM}", RUNS),
    "program-writable": (f"chmod 0777 {PROGRAM}", RUNS),
    "old-description": (f"sed -i s/kitchen/cellar/ {DESCRIPTION}", RUNS),
    "description-readable": (f"chmod 0644 {DESCRIPTION}", RUNS),
    # One that the timer has started waits for the lock, and would be joined.
    "last-run-failed": (
        f"systemctl stop {SERVICE}; chmod 0644 {DESCRIPTION}; systemctl start {SERVICE} || chmod 0600 {DESCRIPTION}",
        RUNS,
    ),
}
"""Script and what must turn red then, exactly."""

REPORTS = {
    "report-removed": (f"rm {_REPORT}; {_LONG_AGO}", f"{RUNS}, {REVIEWED}"),
    "report-old": (edited("r['at'] -= 86400 * 1000"), f"{RUNS}, {REVIEWED}"),
    "report-of-tomorrow": (edited("r['at'] += 86400"), f"{RUNS}, {REVIEWED}"),
    "report-is-none": (f"echo nothing > {_REPORT}", f"{RUNS}, {REVIEWED}"),
    "report-of-another": (edited("r['by'] = '0' * 64"), REVIEWED),
    "report-without-the-network": (edited("r['findings'] = [x for x in r['findings'] if x['id'][0] != 'N']"), REVIEWED),
    "report-writable": (f"chmod 0666 {_REPORT}", REVIEWED),
}
"""The same, of what the last run left. Whether that is too old is told by the interval."""


@pytest.fixture(scope="module")
def reviewed(speaker: Speaker) -> Speaker:
    """Return the host, set up and run once, of which the timer is due next year."""
    speaker.timer = dict(RARELY)
    speaker.converge()
    assert speaker.run() == "0 success"
    return speaker


@pytest.fixture(scope="module")
def often(reviewed: Speaker) -> Iterator[Speaker]:
    """Return the host, of which the timer is due each minute, on a machine that was started long enough ago.

    Nothing is late that could only have been done while the host was off, and containers were started with the machine.
    """
    uptime = time.clock_gettime(time.CLOCK_BOOTTIME)
    time.sleep(max(0.0, 2 * 60 + PATIENCE_S + 60 - uptime))
    reviewed.timer = {**RARELY, "calendar": "minutely"}
    reviewed.converge()
    assert reviewed.run() == "0 success"
    yield reviewed
    reviewed.timer = dict(RARELY)
    reviewed.converge()
    assert reviewed.run() == "0 success"


def dies(speaker: Speaker, script: str, red: str) -> None:
    """Take something away: exactly this is red, and what is deployed and run again is well."""
    with speaker.busy():
        speaker.host.out("sh", "-euc", script)
        found = speaker.audit()
    assert {key for key, item in found.items() if item["status"] in ("failed", "error")} == keys(red)
    speaker.converge()
    speaker.host.out("systemctl", "reset-failed")
    assert speaker.run() == "0 success"
    assert not {key for key, item in speaker.audit().items() if item["status"] in ("failed", "error")}


@pytest.mark.parametrize("name", MUTANTS)
def test_what_is_taken_away_is_red_and_comes_back_with_the_next_run(reviewed: Speaker, name: str) -> None:
    dies(reviewed, *MUTANTS[name])


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_that_is_taken_away_is_red_and_comes_back_with_the_next_run(often: Speaker, name: str) -> None:
    dies(often, *REPORTS[name])


def test_nothing_is_changed_by_the_second_run(reviewed: Speaker) -> None:
    assert reviewed.converge().recap(reviewed.host)["changed"] == 0
    assert reviewed.host.out("stat", "-c", "%a %U", DESCRIPTION).strip() == "600 root"


def test_what_is_asked_otherwise_is_red_until_it_is_deployed(reviewed: Speaker) -> None:
    found = reviewed.audit(librespot_audit_upkeep=True)
    assert found["CFG-06", "scheduled", "host"]["status"] == "failed"
    assert f"{DESCRIPTION}: content" in found["CFG-06", "scheduled", "host"]["observed"]


def test_without_a_schedule_nothing_of_it_is_left(reviewed: Speaker) -> None:
    reviewed.converge(librespot_monitoring_audit=False)
    left = reviewed.host.run("sh", "-c", f"ls -d {PROGRAM} {DESCRIPTION} {DIRECTORY} {LINK} {_UNITS}/*-audit.*").stdout
    assert left == ""
    assert reviewed.host.run("systemctl", "cat", TIMER).returncode != 0
    found = reviewed.audit(librespot_monitoring_audit=False)
    assert found["CFG-06", "scheduled", "host"]["status"] == "not enforced"
    assert found["NET-06", "reviewed", "host"]["status"] == "not enforced"
    reviewed.converge()
