# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check on a schedule: systemd runs it in a sandbox, someone is told, and a check that fails is not silent."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.code import install
from tests.support.told import PASSWORD

from .conftest import DATABASE, NAME, Checker

UNITS = [f"{NAME}.service", f"{NAME}-failed.service", f"{NAME}.timer"]
AUDIT = """
import json, sys
sys.path.insert(0, "/root/audit.zip")
from ansible_collections.hardened.librespot.plugins.module_utils.audit import schedule
from ansible_collections.hardened.librespot.plugins.module_utils.audit.context import Context
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import Specification
from ansible_collections.hardened.librespot.plugins.module_utils.model.schedule import SCHEDULE_OPTIONS, read_schedule
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
given = {name: option.get("default") for name, option in SCHEDULE_OPTIONS.items()}
context = Context(Host(), Specification("0.8.0", ()), [], False)
found = schedule.look(read_schedule({**given, **json.loads(sys.argv[1])}), context)
print(json.dumps([item.as_data() for item in found]))
"""


def audited(checker: Checker) -> dict[str, tuple[str, str]]:
    """Return status and observation of each check of the audit."""
    said = json.loads(checker.host.out("python3", "-c", AUDIT, json.dumps(checker.options)))
    return {f"{item['id']} {item['check']}": (item["status"], item["observed"]) for item in said}


def red(checker: Checker) -> list[str]:
    return [name for name, (status, _observed) in audited(checker).items() if status != "passed"]


@pytest.fixture(scope="module")
def scheduled(checker: Checker) -> Checker:
    """Return the host with the check scheduled, as predicted."""
    predicted = checker.schedule("--check", "--diff")
    made = checker.schedule("--diff")
    assert (predicted.status, made.status) == (0, 0), made.output
    assert predicted.changes() == made.changes() != []
    install(checker.host, "/root/audit.zip")
    return checker


class TestSchedule:
    """In this order."""

    def test_a_second_run_changes_nothing(self, scheduled: Checker) -> None:
        assert scheduled.schedule().recap(scheduled.host)["changed"] == 0

    def test_the_units_are_right_and_hardened(self, scheduled: Checker) -> None:
        paths = [f"/etc/systemd/system/{name}" for name in UNITS]
        done = scheduled.host.run("systemd-analyze", "verify", *paths)
        assert (done.returncode, done.stderr) == (0, "")
        for name in UNITS[:2]:
            said = scheduled.host.out("systemd-analyze", "security", "--no-pager", name)
            found = re.search(r"Overall exposure level for \S+: (\d+\.\d)", said)
            assert found
            assert float(found.group(1)) <= 1.5

    def test_before_the_first_run_it_is_red(self, scheduled: Checker) -> None:
        assert red(scheduled) == ["UPD-01 looked", "UPD-02 told"]

    def test_it_looks_and_tells(self, scheduled: Checker) -> None:
        assert scheduled.start() == "3 success"
        (letter,) = scheduled.mailbox.letters
        body = letter.get_content()
        assert "hosts: kitchen" in body
        assert len(scheduled.hook.bodies) == 1
        text = scheduled.host.out("cat", "/srv/metrics/librespot.prom")
        values = {x.name: x.value for family in text_string_to_metric_families(text) for x in family.samples}
        assert values["librespot_check_complete"] == 1
        record = scheduled.said()
        assert (record["complete"], [item["error"] for item in record["sent"]]) == (True, ["", ""])
        assert red(scheduled) == []

    def test_what_was_told_is_not_told_again(self, scheduled: Checker) -> None:
        assert scheduled.start() == "3 success"
        assert (len(scheduled.mailbox.letters), len(scheduled.hook.bodies)) == (1, 1)

    def test_it_is_in_its_sandbox_and_shows_no_secret(self, scheduled: Checker) -> None:
        journal = scheduled.host.out("journalctl", "--unit", f"{NAME}*", "--no-pager", "--output=cat")
        assert PASSWORD not in journal
        kept = scheduled.host.out(
            "sh", "-c", f"grep -rl '{PASSWORD}' /var/lib/{NAME} /var/cache/{NAME} /srv /run || true"
        )
        assert kept == ""

    def test_what_it_has_told_itself_is_told_once(self, scheduled: Checker) -> None:
        before = len(scheduled.hook.bodies)
        scheduled.host.out("mv", DATABASE, f"{DATABASE}.away")
        try:
            assert scheduled.start() == "2 exit-code"
            scheduled.settled()
        finally:
            scheduled.host.out("mv", f"{DATABASE}.away", DATABASE)
        (said,) = scheduled.hook.said[before:]
        assert [item["title"] for item in said["items"]] == ["could not look at /srv/speakers/Cargo.lock"]
        assert red(scheduled) == ["UPD-01 looked", "UPD-02 scheduled"]
        assert scheduled.start() == "3 success"
        assert red(scheduled) == []

    def test_one_that_is_killed_is_told(self, scheduled: Checker) -> None:
        before = (len(scheduled.mailbox.letters), len(scheduled.hook.bodies))
        scheduled.host.out("systemctl", "start", "--no-block", f"{NAME}.service")
        deadline = time.monotonic() + 30
        while "MainPID=0" in scheduled.host.out("systemctl", "show", "--property=MainPID", f"{NAME}.service"):
            assert time.monotonic() < deadline
        scheduled.host.out("systemctl", "kill", "--signal=KILL", f"{NAME}.service")
        scheduled.settled()
        (said,) = scheduled.hook.said[before[1] :]
        ((item,),) = [said["items"]]
        assert item["title"] == "could not look at the check itself"
        assert "failed: signal" in item["text"]
        assert len(scheduled.mailbox.letters) == before[0] + 1
        assert scheduled.start() == "3 success"

    def test_someone_who_cannot_be_told_is_red(self, scheduled: Checker) -> None:
        scheduled.host.out("sh", "-c", f"rm /var/lib/{NAME}/told.json")
        scheduled.mailbox.refusal = "550 no such user"
        try:
            assert scheduled.start() == "2 exit-code"
            scheduled.settled()
        finally:
            scheduled.mailbox.refusal = ""
        assert red(scheduled) == ["UPD-02 scheduled", "UPD-02 told"]
        # By the other way it is known.
        assert "the check itself" in json.dumps(scheduled.hook.said[-1])
        assert scheduled.start() == "3 success"
        assert red(scheduled) == []

    @pytest.mark.parametrize(
        "command",
        [
            f"systemctl stop {NAME}.timer",
            f"systemctl disable --quiet {NAME}.timer",
            f"sed -i s/05:17/06:18/ /etc/systemd/system/{NAME}.timer",
            f"mkdir /etc/systemd/system/{NAME}.service.d"
            f" && printf '[Service]\\nUser=root\\n' > /etc/systemd/system/{NAME}.service.d/x.conf",
        ],
    )
    def test_a_schedule_that_was_changed_by_hand_is_red_and_mended(self, scheduled: Checker, command: str) -> None:
        scheduled.host.out("sh", "-c", command)
        assert red(scheduled) == ["UPD-02 scheduled"]
        assert scheduled.schedule().recap(scheduled.host)["changed"] == 1
        assert red(scheduled) == []

    def test_absent_leaves_nothing(self, scheduled: Checker) -> None:
        predicted = scheduled.schedule("--check", "--diff", state="absent")
        made = scheduled.schedule("--diff", state="absent")
        assert predicted.changes() == made.changes() != []
        assert scheduled.schedule(state="absent").recap(scheduled.host)["changed"] == 0
        assert scheduled.host.snapshot() == {}
        left = scheduled.host.out("sh", "-c", "find / -xdev -name '*librespot-check*' -not -path '/proc/*' || true")
        assert left == ""
        loaded = scheduled.host.out("systemctl", "list-units", "--all", "--plain", "--no-legend", f"{NAME}*")
        assert loaded == ""


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"user": "nobody-here"}, "user: 'nobody-here' is no user"),
        ({"user": "root; rm"}, "user: 'root; rm'"),
        ({"project": "/nowhere"}, "project: '/nowhere' does not exist"),
        ({"inventory": "hosts"}, "inventory:"),
        ({"calendar": "when I like"}, "calendar: 'when I like'"),
        ({"calendar": "daily\nUser=root"}, "calendar:"),
        ({"credentials": {"mail": "/nowhere"}}, "credentials.mail"),
        ({"credentials": {"../mail": "/etc/passwd"}}, "credentials.../mail"),
        ({"timeout": 5}, "timeout: 5 is out of range"),
    ],
)
def test_what_is_wrong_is_named_and_changes_nothing(checker: Checker, wrong: dict[str, Any], said: str) -> None:
    before = checker.host.snapshot()
    run = checker.schedule(**wrong)
    assert run.status != 0
    assert said in run.output
    assert checker.host.snapshot() == before
