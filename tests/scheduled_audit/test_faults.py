# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A scheduled audit that is disturbed leaves the last report, and says why."""

from __future__ import annotations

import threading
import time

import pytest

from tests.scheduled_audit.speaker import DESCRIPTION, DIRECTORY, LOCK, RARELY, SERVICE, Speaker


@pytest.fixture(scope="module", autouse=True)
def deployed(speaker: Speaker) -> None:
    """Deploy it, with no run but those that are started here."""
    speaker.timer = dict(RARELY)
    speaker.converge()
    assert speaker.run() == "0 success"


def kept(speaker: Speaker) -> tuple[str, str]:
    return speaker.text(), speaker.text("audit.prom")


def test_killed_in_mid_run_the_old_report_stays(speaker: Speaker) -> None:
    before = kept(speaker)
    for moment in (0.3, 0.8, 1.5, 2.5):
        speaker.settle()
        speaker.host.out("systemctl", "start", "--no-block", SERVICE)
        time.sleep(moment)
        speaker.host.run("systemctl", "kill", "--signal=KILL", SERVICE)
        left = kept(speaker)
        assert left == before or (left[0] and left[1])
        assert speaker.host.out("sh", "-c", f"ls -A {DIRECTORY}").split() == ["audit.prom", "report.json"]
        speaker.report()
    assert speaker.run() == "0 success"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (f"mv {DESCRIPTION} {DESCRIPTION}.away", f"{DESCRIPTION} does not exist"),
        (f"cp -p {DESCRIPTION} {DESCRIPTION}.away; echo nonsense > {DESCRIPTION}", "does not say what to audit"),
        (f"cp -p {DESCRIPTION} {DESCRIPTION}.away; chown 1000 {DESCRIPTION}", "is not root's alone: mode 0600"),
        (f"mv {DESCRIPTION} {DESCRIPTION}.away; ln -s {DESCRIPTION}.away {DESCRIPTION}", "is a link"),
        (
            f'cp -p {DESCRIPTION} {DESCRIPTION}.away; sed -i \'s/"kitchen"/"UPPER"/\' {DESCRIPTION}',
            "is not an instance's name",
        ),
    ],
    ids=["missing", "corrupt", "foreign", "linked", "unusable"],
)
def test_a_description_that_cannot_be_followed(speaker: Speaker, script: str, said: str) -> None:
    before, since = kept(speaker), speaker.now()
    speaker.host.out("sh", "-euc", script)
    try:
        assert speaker.run() == "1 exit-code"
    finally:
        speaker.host.out("mv", "-f", f"{DESCRIPTION}.away", DESCRIPTION)
    assert kept(speaker) == before
    (line,) = speaker.told(since, "err")
    assert line.startswith("Could not audit, and the last report stands: ")
    assert said in line


def test_on_a_full_disk_the_old_report_stays(speaker: Speaker) -> None:
    keep = "/root/report-kept"
    script = (
        f"cp -a {DIRECTORY} {keep}; mount -t tmpfs -o size=128k,mode=755 full {DIRECTORY}; "
        f"cp -a {keep}/. {DIRECTORY}/; dd if=/dev/zero of={DIRECTORY}/filler bs=4k 2>/dev/null || true"
    )
    speaker.host.out("sh", "-euc", script)
    before, since = kept(speaker), speaker.now()
    try:
        assert speaker.run() == "1 exit-code"
        assert kept(speaker) == before
        assert "No space left on device" in " ".join(speaker.told(since, "err"))
    finally:
        speaker.host.out("sh", "-euc", f"umount {DIRECTORY}; rm -r {keep}")
    assert speaker.run() == "0 success"


def test_while_a_playbook_runs_it_waits_and_keeps_nobody_waiting(speaker: Speaker) -> None:
    """What is half done by one module, and put right by the next, is no drift."""
    since = speaker.now()
    holder = (
        "import fcntl, os, time; d = os.open('/run/hardened-librespot.lock', os.O_RDWR)\n"
        "fcntl.flock(d, fcntl.LOCK_EX); os.utime(d); print('held', flush=True); time.sleep(8)\n"
        "os.chmod('/etc/librespot/kitchen.env', 0o600); os.utime(d)"
    )
    speaker.settle()
    speaker.host.out("chmod", "0666", "/etc/librespot/kitchen.env")
    with speaker.host.start("python3", "-c", holder) as module:
        assert module.stdout
        assert module.stdout.readline() == "held\n"
        started = time.monotonic()
        run = threading.Thread(target=speaker.host.run, args=("systemctl", "start", SERVICE), kwargs={"timeout": 300})
        run.start()
        module.wait(timeout=60)
    assert run.is_alive(), "it did not wait"
    run.join()
    assert time.monotonic() - started > 60
    assert speaker.told(since, "notice") == []
    assert not speaker.red()


def test_a_clock_that_was_set_back_is_no_reason_to_stop(speaker: Speaker) -> None:
    """The lock was taken tomorrow, and the report is of tomorrow: both are as a step of the clock leaves them."""
    speaker.host.out("chmod", "0666", "/etc/librespot/kitchen.env")
    assert speaker.run() == "3 success"
    edit = (
        "import json, sys; p = sys.argv[1]; r = json.load(open(p)); r['at'] += 86400\n"
        "for x in r['findings']:\n    x.update({'since': x['since'] + 86400} if 'since' in x else {})\n"
        "json.dump(r, open(p, 'w'))"
    )
    speaker.host.out("python3", "-c", edit, f"{DIRECTORY}/report.json")
    speaker.host.out("touch", "-d", "tomorrow", LOCK)
    speaker.host.run("systemctl", "start", SERVICE, timeout=300)
    report = speaker.report()
    now = float(speaker.now())
    assert report["at"] <= now
    assert {item["since"] <= now for item in report["findings"] if "since" in item} == {True}
    speaker.converge()
    assert speaker.run() == "0 success"
