# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host without Prometheus tells by itself what happens to its speakers: really, once, and without its secrets."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.breaches import METRICS
from tests.support.code import install
from tests.support.told import PASSWORD

from .told import NOTIFY, OUTBOX, PLACE, SECRET, SECRETS, Telling

UNITS = [f"{NOTIFY}.service", f"{NOTIFY}.path", f"{NOTIFY}.timer", "hardened-librespot-failed@.service"]
BROKEN = """
[Unit]
OnFailure=hardened-librespot-failed@%n.service

[Service]
Type=oneshot
ExecStart=/bin/false
"""
AUDIT = """
import json, sys
sys.path.insert(0, "/root/audit.zip")
from ansible_collections.hardened.librespot.plugins.module_utils.audit import alerted
from ansible_collections.hardened.librespot.plugins.module_utils.audit.context import Context
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import Specification
from ansible_collections.hardened.librespot.plugins.module_utils.model.notify_options import asked_notify
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
context = Context(Host(), Specification("0.8.0", ()), [], False)
telling = alerted.Telling(True, False, asked_notify(json.loads(sys.argv[1]), "notify"))
print(json.dumps([item.as_data() for item in alerted.look(telling, context)]))
"""


def red(telling: Telling) -> dict[str, str]:
    """Return what is red in the audit, and why."""
    said = json.loads(telling.host.out("python3", "-c", AUDIT, json.dumps(telling.notify)))
    return {f"{x['id']} {x['check']}": x["observed"] for x in said if x["status"] != "passed"}


@pytest.fixture(scope="module")
def told(telling: Telling) -> Telling:
    """Return the host when it tells, as predicted, and has told that it does."""
    predicted = telling.monitoring("--check", "--diff")
    began = time.monotonic()
    made = telling.monitoring("--diff", "-vvv")
    assert (predicted.status, made.status) == (0, 0), predicted.output + made.output
    assert predicted.changes() == made.changes() != []
    telling.hears("is told here", began)
    install(telling.host, "/root/audit.zip")
    for secret in SECRETS:
        assert secret not in made.output
    return telling


class TestTelling:
    """In this order."""

    def test_a_second_run_changes_nothing(self, told: Telling) -> None:
        assert told.monitoring().recap(told.host)["changed"] == 0
        assert red(told) == {}

    def test_the_units_are_right_and_hardened(self, told: Telling) -> None:
        paths = [f"/etc/systemd/system/{name}" for name in UNITS]
        done = told.host.run("systemd-analyze", "verify", *paths)
        assert (done.returncode, done.stderr) == (0, "")
        said = told.host.out("systemd-analyze", "security", "--no-pager", UNITS[0])
        found = re.search(r"Overall exposure level for \S+: (\d+\.\d)", said)
        assert found
        assert float(found.group(1)) <= 1.5

    def test_a_speaker_that_is_killed(self, told: Telling) -> None:
        told.hears("kitchen on", told.signal("KILL", "kitchen"))
        (headers, body) = told.hook.headers[-1], told.hook.bodies[-1]
        assert headers["authorization"] == SECRETS[2]
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        wanted = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{wanted}"

    def test_a_crash_loop_is_told_once(self, told: Telling) -> None:
        began = told.signal("KILL", "kitchen")
        for _time in range(5):
            # It is up once it is seen to be.
            time.sleep(6)
            told.signal("KILL", "kitchen")
        told.hears("starts again and again", began)
        time.sleep(30)
        # That it failed was told with the first of them, and the rest is counted until the pause is over.
        assert told.counted("starts again and again") == (1, 1)
        assert told.counted("failed: signal") == (1, 1)

    def test_a_speaker_that_does_not_answer(self, told: Telling) -> None:
        told.hears("office on", told.signal("STOP", "office"), 90)

    def test_what_nobody_takes_is_told_later_and_once(self, told: Telling) -> None:
        told.mailbox.refusal, told.hook.status = "451 later", 503
        told.host.out("sh", "-euc", 'cat > "$1"', "sh", "/etc/systemd/system/broken.service", text=BROKEN)
        told.host.out("systemctl", "daemon-reload")
        began = time.monotonic()
        assert told.host.run("systemctl", "start", "broken.service").returncode != 0
        deadline = time.monotonic() + 60
        while not all(item["failing_since"] for item in told.outbox()["channels"].values()):
            assert time.monotonic() < deadline, told.outbox()
            time.sleep(0.5)
        assert told.counted("broken.service failed") == (0, 0)
        assert red(told) == {}
        told.mailbox.refusal, told.hook.status = "", 200
        # Its timer looks every five minutes.
        told.hears("broken.service failed", began, 420)
        time.sleep(3)
        assert told.counted("broken.service failed") == (1, 1)
        assert red(told) == {}

    def test_a_monitor_that_has_stopped(self, told: Telling) -> None:
        began = time.monotonic()
        # Its file may go with it, as on a disk that was emptied.
        told.host.out("systemctl", "stop", "hardened-librespot-monitor")
        told.host.out("rm", METRICS)
        told.hears("has stopped looking", began, 500)
        told.host.out("systemctl", "start", "hardened-librespot-monitor")


class TestSecrets:
    def test_they_are_shown_nowhere(self, told: Telling) -> None:
        script = (
            "journalctl --no-pager --output=export; cat /proc/*/environ /proc/*/cmdline 2>/dev/null; "
            "cat /etc/systemd/system/* /etc/librespot/*.json /var/lib/hardened-librespot-*/* "
            f"{OUTBOX} 2>/dev/null; systemctl show {NOTIFY}.service; true"
        )
        said = told.host.out("sh", "-c", script)
        assert f"{NOTIFY}.service" in said
        for secret in SECRETS:
            assert secret not in said

    def test_the_monitor_cannot_read_them(self, told: Telling) -> None:
        argv = ["setpriv", "--reuid=hardened-librespot-monitor", "--clear-groups", "cat"]
        assert told.host.run(*argv, f"{PLACE}/password").returncode != 0
        assert told.host.run(*argv, OUTBOX).returncode != 0


class TestMutants:
    """Each takes one thing away, and exactly the finding that is declared turns red."""

    def test_nothing_waits_for_what_happens(self, told: Telling) -> None:
        told.host.out("systemctl", "stop", f"{NOTIFY}.path")
        assert list(red(told)) == ["RES-06 notifier"]
        told.host.out("systemctl", "start", f"{NOTIFY}.path")

    def test_a_secret_that_all_can_read(self, told: Telling) -> None:
        told.host.out("chmod", "0644", f"{PLACE}/password")
        found = red(told)
        assert list(found) == ["RES-06 notifier"]
        assert f"others than root can read {PLACE}/password" in found["RES-06 notifier"]
        refused = told.monitoring()
        assert refused.status != 0
        assert "mail.password_file" in refused.output
        told.host.out("chmod", "0600", f"{PLACE}/password")

    def test_a_unit_that_was_loosened(self, told: Telling) -> None:
        path = f"/etc/systemd/system/{UNITS[0]}"
        told.host.out("sed", "-i", "s/^DynamicUser=yes$/User=root/", path)
        assert list(red(told)) == ["RES-06 notifier"]
        assert told.monitoring().recap(told.host)["changed"] == 1

    def test_a_delivery_that_fails_for_hours(self, told: Telling) -> None:
        kept = told.outbox()
        (name, *_others) = kept["channels"]
        long_ago = {"failing_since": int(time.time()) - 7200, "tries": 9, "error": "it answered with status 503"}
        changed = {**kept, "channels": {**kept["channels"], name: {**kept["channels"][name], **long_ago}}}
        told.host.out("sh", "-euc", 'cat > "$1"', "sh", OUTBOX, text=json.dumps(changed))
        found = red(told)
        assert list(found) == ["RES-06 told"]
        assert "for 2.0 hours, in 9 tries: it answered with status 503" in found["RES-06 told"]
        told.host.out("sh", "-euc", 'cat > "$1"', "sh", OUTBOX, text=json.dumps(kept))
        assert red(told) == {}


def test_an_audit_by_the_host_itself_that_finds_something(told: Telling) -> None:
    assert told.monitoring(audit=True).status == 0
    told.host.out("chmod", "0644", "/etc/librespot/kitchen.env")
    began = time.monotonic()
    told.host.run("systemctl", "start", "hardened-librespot-audit.service", timeout=600)
    told.hears("CFG-04 is red", began, 120)
    report = json.loads(told.host.out("cat", "/var/lib/hardened-librespot-audit/report.json"))
    (drift,) = (x for x in report["findings"] if (x["id"], x["check"], x["scope"]) == ("CFG-06", "drift", "host"))
    assert "monitor" not in drift["observed"]
    unit = told.host.out("systemctl", "show", "--property=OnFailure", "hardened-librespot-audit.service")
    assert unit.strip() == "OnFailure=hardened-librespot-failed@hardened-librespot-audit.service.service"
    told.host.out("chmod", "0600", "/etc/librespot/kitchen.env")
    assert told.monitoring().status == 0


def test_what_is_wrong_is_named_and_nothing_is_changed(told: Telling) -> None:
    mail = {**told.notify["mail"], "to": ["a@example.org\nBcc: b@example.org"]}
    refused = told.monitoring(notify={**told.notify, "mail": mail})
    assert refused.status != 0
    assert "mail.to[0]" in refused.output
    refused = told.monitoring(notify={**told.notify, "pause": 1})
    assert "pause: 1 is out of range" in refused.output
    assert told.monitoring().recap(told.host)["changed"] == 0


def test_absent_leaves_nothing(told: Telling) -> None:
    before = told.counted("")
    predicted = told.monitoring("--check", "--diff", state="absent", notify=None)
    made = told.monitoring("--diff", state="absent", notify=None)
    assert made.status == 0
    assert predicted.changes() == made.changes() != []
    script = (
        "ls -d /etc/systemd/system/*notify* /etc/systemd/system/*failed@* /var/lib/*notify* /var/lib/private/* 2>&1"
    )
    left = told.host.run("sh", "-c", f"{script} /etc/librespot/notify.json /opt/librespot/libexec/notify.pyz")
    assert "No such file" in left.stdout
    assert [line for line in left.stdout.splitlines() if "No such file" not in line] == []
    assert told.host.out("cat", f"{PLACE}/password").strip() == PASSWORD
    told.signal("KILL", "kitchen")
    time.sleep(10)
    assert told.counted("") == before
