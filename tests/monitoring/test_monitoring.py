# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The monitor with a real librespot and a real node_exporter: what it tells, what it survives, and what it leaves."""

from __future__ import annotations

import re
import time

import pytest

from .conftest import METRICS, SERVICE, TEXTFILES, UNIT, Monitored, Series

NAME = 'name="kitchen"'
STARTS = f"librespot_instance_starts_total{{{NAME}}}"
SILENCES = f"librespot_instance_health_failures_total{{{NAME}}}"
HEALTHY = f"librespot_instance_healthy{{{NAME}}}"
UP = f"librespot_instance_up{{{NAME}}}"
EXPIRED = 'librespot_grants_expired_total{zone="guests"}'
GRANT = 'librespot_grant_expires_timestamp_seconds{address="10.9.8.7",zone="guests"}'
LOOKED = "librespot_monitor_last_look_timestamp_seconds"
KILLS = 12


def failures(result: str) -> str:
    return f'librespot_instance_failures_total{{{NAME},result="{result}"}}'


@pytest.fixture(scope="module")
def running(monitored: Monitored) -> Monitored:
    """Return the host with the monitor, put there as predicted."""
    predicted, made = monitored.monitor("--check", "--diff"), monitored.monitor("--diff")
    assert (predicted.status, made.status) == (0, 0), predicted.output + made.output
    assert predicted.changes() == made.changes() != []
    return monitored


class TestMonitor:
    """In this order."""

    def test_node_exporter_tells_what_the_monitor_has_written(self, running: Monitored) -> None:
        # Of grants it knows when they were listed for the first time.
        found, _took = running.wait(lambda now: now.get(HEALTHY) == 1 and EXPIRED in now)
        assert found[f'node_textfile_mtime_seconds{{file="{TEXTFILES}/librespot-monitor.prom"}}'] > time.time() - 20
        assert found["node_textfile_scrape_error"] == 0
        assert (found[UP], found[STARTS], found[SILENCES], found[EXPIRED]) == (1, 0, 0, 0)
        assert 0 < found[f"librespot_cpu_seconds_total{{{NAME}}}"] < 60
        assert found[f"librespot_open_files{{{NAME}}}"] > 5
        info = [name for name in found if name.startswith("librespot_instance_info")]
        assert len(info) == 1
        assert 'version="0.8.0"' in info[0]

    def test_a_second_run_changes_nothing(self, running: Monitored) -> None:
        assert running.monitor().recap(running.host)["changed"] == 0

    def test_it_has_no_rights(self, running: Monitored) -> None:
        script = f"cat /proc/$(systemctl show --property=MainPID --value {SERVICE})/status; systemctl show {SERVICE}"
        said = running.host.out("sh", "-c", script)
        assert set(re.findall(r"^Cap(?:Inh|Prm|Eff|Bnd|Amb):\s+(\d+)$", said, re.MULTILINE)) == {"0" * 16}
        assert "\nNoNewPrivs:\t1\n" in said
        assert "\nSeccomp:\t2\n" in said
        assert not re.search(r"^Uid:.*\b0\b", said, re.MULTILINE)
        units = [SERVICE, "hardened-librespot-grants.service"]
        for unit in units:
            score = running.host.out("systemd-analyze", "security", "--no-pager", unit)
            found = re.search(r"Overall exposure level for \S+: (\d+\.\d)", score)
            assert found
            assert float(found.group(1)) <= 1.5
        paths = [f"/etc/systemd/system/{unit}" for unit in units]
        done = running.host.run("systemd-analyze", "verify", *paths)
        assert (done.returncode, done.stderr) == (0, "")

    def test_the_audit_is_content(self, running: Monitored) -> None:
        found = running.audited()
        assert {key: seen for key, seen in found.items() if seen[0] in ("failed", "error")} == {}
        mine = {key for key in found if key[0] == "RES-05"}
        wanted = {("RES-05", "confined", "host"), ("RES-05", "told", "host"), ("RES-05", "true", "kitchen")}
        assert mine == wanted

    def test_one_that_is_killed_is_counted_by_its_signal(self, running: Monitored, report: list[str]) -> None:
        running.host.out("systemctl", "kill", "--signal=KILL", UNIT)
        found, took = running.wait(lambda now: now[failures("signal")] == 1 and now[STARTS] == 1)
        report.append(f"a killed instance is told after {took:.1f} s")
        assert found[SILENCES] == 0

    def test_one_that_was_asked_to_end_is_no_failure(self, running: Monitored) -> None:
        running.host.out("systemctl", "restart", UNIT)
        found, _took = running.wait(lambda now: now[STARTS] == 2 and now.get(HEALTHY) == 1)
        assert {name: value for name, value in found.items() if "failures_total" in name and value} == {
            failures("signal"): 1
        }

    def test_one_that_is_silent_is_counted_though_the_watchdog_is_quick(
        self, running: Monitored, report: list[str]
    ) -> None:
        running.wait(lambda now: now.get(HEALTHY) == 1)
        running.host.out("systemctl", "kill", "--signal=STOP", UNIT)
        _found, took = running.wait(lambda now: now[SILENCES] >= 1)
        report.append(f"a silent instance is told after {took:.1f} s")
        found, took = running.wait(lambda now: now[failures("watchdog")] == 1 and now.get(HEALTHY) == 1)
        assert found[failures("timeout")] == 0

    def test_a_crash_loop_is_counted_start_by_start(self, running: Monitored) -> None:
        before, restarts = running.scraped(), running.restarts()
        running.host.out("sh", "-c", f"for i in 1 2 3 4 5 6; do systemctl kill --signal=KILL {UNIT}; sleep 1.5; done")
        running.wait(lambda now: now.get(HEALTHY) == 1)
        more = running.restarts() - restarts
        assert more >= 2
        running.wait(
            lambda now: now[failures("signal")] - before[failures("signal")] == more == now[STARTS] - before[STARTS]
        )

    def test_one_that_is_stopped_is_down_and_no_failure(self, running: Monitored) -> None:
        before = running.scraped()
        running.host.out("systemctl", "stop", UNIT)
        found, _took = running.wait(lambda now: now[UP] == 0)
        assert HEALTHY not in found
        running.host.out("systemctl", "start", UNIT)
        found, _took = running.wait(lambda now: now[UP] == 1)
        assert _failures(found) == _failures(before)

    def test_a_grant_is_told_and_its_end_too(self, running: Monitored, report: list[str]) -> None:
        running.grant("40s")
        found, _took = running.wait(lambda now: GRANT in now)
        assert 0 < found[GRANT] - time.time() <= 40
        running.wait(lambda now: now[EXPIRED] == 1 and GRANT not in now)
        report.append(f"the end of a grant is told {time.time() - found[GRANT]:.1f} s late")

    def test_whenever_it_is_killed_the_file_is_whole(self, running: Monitored) -> None:
        looked = running.file()[LOOKED]
        for number in range(KILLS):
            # From before Python has started to after the first file.
            time.sleep(0.05 * number)
            running.host.out("systemctl", "kill", "--signal=KILL", SERVICE)
            running.host.out("sh", "-c", f"systemctl reset-failed {SERVICE}; systemctl restart {SERVICE}")
            assert UP in running.file()
        found, _took = running.wait(lambda now: now[LOOKED] > looked and now.get(HEALTHY) == 1)
        assert found[STARTS] == 0

    @pytest.mark.parametrize(
        ("fill", "again"),
        [
            (f"mount -t tmpfs -o size=4k,mode=0777 full {METRICS.rpartition('/')[0]}", "No space left"),
            (f"mount -t tmpfs -o ro,mode=0755 full {METRICS.rpartition('/')[0]}", "Read-only file system"),
        ],
    )
    def test_where_it_cannot_write_it_goes_on_and_says_so(self, running: Monitored, fill: str, again: str) -> None:
        directory = METRICS.rpartition("/")[0]
        inside = f"nsenter --target $(systemctl show --property=MainPID --value {SERVICE}) --mount"
        running.host.out("sh", "-c", f"{inside} {fill}")
        deadline = time.monotonic() + 90
        while again not in running.said():
            assert time.monotonic() < deadline, running.said()
            time.sleep(0.5)
        assert running.host.out("systemctl", "is-active", SERVICE).strip() == "active"
        running.host.out("sh", "-c", f"{inside} umount {directory}")
        before = time.time()
        running.wait(lambda now: now[LOOKED] > before)
        assert "well again" in running.said()

    @pytest.mark.parametrize(
        ("command", "declared"),
        [
            (
                f"systemctl stop {SERVICE}; sleep 35",
                {("CFG-06", "drift", "host"), ("RES-05", "confined", "host"), ("RES-05", "told", "host")},
            ),
            (
                f"rm {TEXTFILES}/librespot-monitor.prom",
                {("CFG-06", "drift", "host"), ("RES-05", "told", "host")},
            ),
            (
                "printf '\\n' >> /opt/librespot/libexec/monitor.pyz",
                {("CFG-06", "drift", "host")},
            ),
            (
                f"systemctl kill --signal=STOP {SERVICE}; sleep 35",
                {("RES-05", "told", "host")},
            ),
            (
                f"mkdir -p /run/systemd/system/{SERVICE}.d;"
                f" printf '[Service]\\nUser=root\\nNoNewPrivileges=no\\n' > /run/systemd/system/{SERVICE}.d/x.conf;"
                f" systemctl daemon-reload; systemctl restart {SERVICE}; sleep 2",
                {("CFG-06", "drift", "host"), ("RES-05", "confined", "host")},
            ),
            (
                f"systemctl kill --signal=STOP {SERVICE}; sed -i 's/^librespot_instance_up.*/{UP} 0/' {METRICS};"
                f' sed -i "s/^{LOOKED} .*/{LOOKED} $(date +%s)/" {METRICS}',
                {("RES-05", "true", "kitchen")},
            ),
        ],
    )
    def test_mutant(self, running: Monitored, command: str, declared: set[tuple[str, str, str]]) -> None:
        running.host.out("sh", "-c", command)
        found = running.red()
        running.host.out("sh", "-c", f"systemctl kill --signal=CONT {SERVICE}; true")
        run = running.monitor()
        begun = time.time()
        assert set(found) == declared, found
        assert run.status == 0, run.output
        # What it told until now can be a lie, also of when it looked.
        running.wait(lambda now: now[LOOKED] > begun)
        assert running.red() == {}

    def test_another_interval_restarts_it_and_an_instance_more_is_told(self, running: Monitored) -> None:
        instances = [*running.options["instances"], {"name": "bedroom", "port": 37880, "access": ["home"]}]
        assert running.monitor(interval=1, instances=instances).recap(running.host)["changed"] == 1
        found, _took = running.wait(lambda now: 'librespot_instance_up{name="bedroom"}' in now)
        assert found['librespot_instance_up{name="bedroom"}'] == 0
        assert running.monitor().recap(running.host)["changed"] == 1
        running.wait(lambda now: 'librespot_instance_up{name="bedroom"}' not in now)

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"textfile_directory": "/srv/nothing"}, "textfile_directory: '/srv/nothing' is no directory"),
            ({"textfile_directory": "metrics"}, "is not a plain absolute path"),
            ({"interval": 0}, "interval: 0 is out of range"),
            ({"instances": [{"name": "kitchen", "prot": 1}]}, "librespot_instances[0].prot"),
        ],
    )
    @pytest.mark.parametrize("options", [(), ("--check",)])
    def test_bad_input_changes_nothing(
        self, running: Monitored, changed: Series, said: str, options: tuple[str, ...]
    ) -> None:
        run = running.monitor(*options, **changed)
        assert run.recap(running.host)["failed"] == 1
        assert said in run.output
        assert running.monitor("--check").recap(running.host)["changed"] == 0

    def test_a_directory_that_is_read_only_is_refused(self, running: Monitored) -> None:
        running.host.out("sh", "-c", "mkdir /srv/metrics; mount -t tmpfs -o ro none /srv/metrics")
        try:
            run = running.monitor(textfile_directory="/srv/metrics")
        finally:
            running.host.out("umount", "/srv/metrics")
        assert "its file system is read-only" in run.output
        assert running.monitor().recap(running.host)["changed"] == 0

    def test_the_link_follows_the_directory(self, running: Monitored) -> None:
        assert running.monitor(textfile_directory="/srv/metrics").recap(running.host)["changed"] == 1
        assert running.host.out("readlink", "/srv/metrics/librespot-monitor.prom").strip() == METRICS
        assert running.host.run("ls", f"{TEXTFILES}/librespot-monitor.prom").returncode != 0
        assert running.monitor().recap(running.host)["changed"] == 1
        assert running.host.run("ls", "/srv/metrics/librespot-monitor.prom").returncode != 0

    def test_absent_leaves_nothing(self, running: Monitored) -> None:
        predicted, made = (running.monitor(*options, "--diff", state="absent") for options in (("--check",), ()))
        assert predicted.changes() == made.changes() != []
        assert running.host.snapshot() == running.before
        assert running.monitor(state="absent").recap(running.host)["changed"] == 0


def _failures(found: Series) -> dict[str, float]:
    return {name: value for name, value in found.items() if "failures_total" in name}
