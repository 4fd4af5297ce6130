# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user's CI runs: one command, three statuses, and results that other programs read."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from junitparser import JUnitXml
from sarif_pydantic import Sarif

from tests.supply.conftest import TODAY
from tests.supply.databases import ROOT
from tests.support.hosts import Host

CHECK = ROOT / "examples/ci/check"
RUNS, ATTESTED = "/opt/librespot/current/bin/librespot", "/opt/librespot/attestations"

HOSTS: dict[str, dict[str, Any]] = {
    "unreachable": {"ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_connection": "ssh"},
    "broken": {"ansible_connection": "local", "ansible_shell_executable": "/missing"},
}


@dataclass(frozen=True)
class Checked:
    """How the command ended, and where its results are."""

    status: int
    output: str
    results: Path

    @property
    def names(self) -> set[str]:
        """The files of the results."""
        return {path.name for path in self.results.iterdir()}

    def failures(self, name: str) -> tuple[int, int]:
        """Return how many tests of a file of results ran, and how many failed or could not run."""
        suites = list(JUnitXml.fromstring((self.results / name).read_bytes()))
        return sum(suite.tests for suite in suites), sum(suite.failures + suite.errors for suite in suites)


@pytest.fixture
def check(archive: Path, tmp_path: Path) -> Any:
    def act(path: Path, *hosts: str | Host, results: str = "results", **variables: Any) -> Checked:
        inventory = tmp_path / "hosts.json"
        group = dict((host.name, host.connection) if isinstance(host, Host) else (host, HOSTS[host]) for host in hosts)
        inventory.write_text(json.dumps({"all": {"children": {"speakers": {"hosts": group}}}}), encoding="utf-8")
        given = {
            "librespot_ci_path": str(path),
            "librespot_ci_engines": [{"name": "cargo-audit", "database": str(archive)}],
            "librespot_ci_today": TODAY,
            **variables,
        }
        argv = [str(CHECK), results, "-i", str(inventory), "-e", json.dumps(given)]
        environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "false"}
        done = subprocess.run(argv, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        return Checked(done.returncode, done.stdout + done.stderr, tmp_path / results)

    return act


SCAN = {"verdict", "scan.json", "scan.sarif", "scan.junit.xml", "scan.openvex.json"}


def test_a_clean_state(check: Any, refreshed: Path) -> None:
    said = check(refreshed)
    assert said.status == 0, said.output
    assert said.names == SCAN
    assert said.failures("scan.junit.xml")[1] == 0
    assert Sarif.model_validate_json((said.results / "scan.sarif").read_text(encoding="utf-8")).runs


def test_a_bad_state(check: Any, locks: dict[str, Path]) -> None:
    said = check(locks["0.8.0"])
    assert said.status == 1, said.output
    assert said.names == SCAN
    red = json.loads((said.results / "scan.json").read_text(encoding="utf-8"))["red"]
    assert red > 0
    assert said.failures("scan.junit.xml")[1] == red
    (run,) = json.loads((said.results / "scan.sarif").read_text(encoding="utf-8"))["runs"]
    assert [result["level"] for result in run["results"]].count("error") == red


class TestIncomplete:
    """What could not look everywhere is neither."""

    def test_a_scan_that_could_not_look(self, check: Any, refreshed: Path, tmp_path: Path) -> None:
        assert check(refreshed).status == 0
        said = check(refreshed, librespot_ci_engines=[{"name": "cargo-audit", "database": str(tmp_path / "none")}])
        assert said.status == 2, said.output
        assert (said.results / "verdict").read_text(encoding="utf-8") == "incomplete\n"
        assert "The scan is incomplete" in said.output
        # What an earlier run found is not shown as if it was found now.
        assert said.names == {"verdict"}

    def test_what_is_scanned_is_not_there(self, check: Any, tmp_path: Path) -> None:
        assert check(tmp_path / "missing").status == 2

    def test_nothing_is_named(self, tmp_path: Path) -> None:
        environment = {**os.environ, "ANSIBLE_LOCALHOST_WARNING": "false"}
        argv = [str(CHECK), str(tmp_path / "results"), "-i", "localhost,"]
        assert subprocess.run(argv, env=environment, capture_output=True, check=False).returncode == 2

    def test_hosts_that_cannot_be_audited(self, check: Any, refreshed: Path) -> None:
        said = check(refreshed, *HOSTS, librespot_ci_hosts="speakers")
        assert said.status == 2, said.output
        assert said.names == SCAN | {"audit.json", "audit.junit.xml"}
        assert said.failures("audit.junit.xml") == (2, 2)

    def test_no_host_where_some_were_named(self, check: Any, refreshed: Path) -> None:
        assert check(refreshed, librespot_ci_hosts="speakers").status == 2

    def test_an_ansible_that_does_not_start(self, check: Any, refreshed: Path, tmp_path: Path) -> None:
        assert check(refreshed).status == 0
        argv = [str(CHECK), str(tmp_path / "results"), "--no-such-option"]
        assert subprocess.run(argv, capture_output=True, check=False).returncode == 2


class TestDeployed:
    """The audit of a host on which librespot really runs, beside the scan."""

    def test_a_clean_state(self, check: Any, refreshed: Path, deployed: Host) -> None:
        said = check(refreshed, deployed, librespot_ci_hosts="speakers")
        assert said.status == 0, said.output
        tests, failures = said.failures("audit.junit.xml")
        assert tests > 30
        assert failures == 0

    def test_a_bad_state(self, check: Any, refreshed: Path, deployed: Host) -> None:
        settings = "/etc/librespot/speaker.env"
        deployed.out("chmod", "0644", settings)
        said = check(refreshed, deployed, librespot_ci_hosts="speakers")
        deployed.out("chmod", "0600", settings)
        assert said.status == 1, said.output
        findings = json.loads((said.results / "audit.json").read_text(encoding="utf-8"))["hosts"][deployed.name]
        red = {(item["id"], item["check"]) for item in findings["findings"] if item["status"] == "failed"}
        assert red == {("CFG-04", "modes"), ("CFG-06", "drift")}
        assert said.failures("audit.junit.xml")[1] == len(red)

    @pytest.mark.parametrize("attest", ["false", "true"])
    def test_whether_it_is_attested_is_said_on_the_command_line(
        self, check: Any, deployed: Host, attest: str, tmp_path: Path
    ) -> None:
        """There a value is text, of which `false` is as true as any."""
        program = tmp_path / "librespot"
        subprocess.run(["docker", "cp", "--follow-link", f"{deployed.name}:{RUNS}", str(program)], check=True)
        deployed.out("rm", "-rf", ATTESTED)
        said = check(program, deployed, librespot_ci_hosts="speakers", librespot_ci_attest=attest)
        # With upstream's lock file something is open.
        assert said.status == 1, said.output
        assert (deployed.run("test", "-e", ATTESTED).returncode == 0) is (attest == "true")
        deployed.out("rm", "-rf", ATTESTED)

    def test_of_a_lock_file_there_is_nothing_to_attest(self, check: Any, refreshed: Path, deployed: Host) -> None:
        said = check(refreshed, deployed, librespot_ci_hosts="speakers", librespot_ci_attest=True)
        assert said.status == 2, said.output
        assert "The audit is incomplete: " in said.output
        assert deployed.run("test", "-e", ATTESTED).returncode != 0


INSTANCES = [{"name": "kitchen", "options": {"proxy": "http://192.0.2.1:3128"}}]


@pytest.mark.parametrize(
    "hosts",
    [
        "speakers",
        "broken",
        "unreachable:broken",
        "speakers:!unreachable",
        ["unreachable", "speakers:!unreachable"],
        "brok*",
    ],
    ids=str,
)
def test_an_instance_with_a_proxy_is_seen(check: Any, refreshed: Path, hosts: str | list[str]) -> None:
    said = check(refreshed, *HOSTS, librespot_ci_hosts=hosts, librespot_instances=INSTANCES)
    statuses = json.loads((said.results / "scan.json").read_text(encoding="utf-8"))["summary"]
    assert statuses["open"] == 2
    assert said.status == 2


class TestResults:
    """Where they are, whoever runs it: the command or the playbook alone."""

    def test_a_name_that_a_shell_would_take_apart(self, check: Any, refreshed: Path) -> None:
        name = 'a b; "c" {{ 1 }}'
        said = check(refreshed, results=name)
        assert said.status == 0, said.output
        assert said.names == SCAN

    def test_what_else_is_there_stays(self, check: Any, refreshed: Path, tmp_path: Path) -> None:
        (tmp_path / "results").mkdir()
        (tmp_path / "results/scan.txt").write_text("mine", encoding="utf-8")
        assert check(refreshed).names == SCAN | {"scan.txt"}
        assert check(tmp_path / "missing").names == {"verdict", "scan.txt"}

    def test_the_playbook_writes_from_the_working_directory(
        self, refreshed: Path, archive: Path, tmp_path: Path
    ) -> None:
        done = play(tmp_path, results(refreshed, archive))
        assert done.returncode == 0, done.stdout
        assert {path.name for path in (tmp_path / "librespot-results").iterdir()} == SCAN
        done = play(tmp_path, {**results(refreshed, archive), "librespot_ci_results": "deeper/results/"})
        assert done.returncode == 0, done.stdout
        assert {path.name for path in (tmp_path / "deeper/results").iterdir()} == SCAN

    def test_the_playbook_refuses_a_link(self, refreshed: Path, archive: Path, tmp_path: Path) -> None:
        (tmp_path / "target").mkdir(mode=0o755)
        (tmp_path / "librespot-results").symlink_to("target")
        done = play(tmp_path, results(refreshed, archive))
        assert done.returncode != 0
        assert f"librespot_ci_results: {tmp_path}/librespot-results is a link to" in done.stdout
        assert list((tmp_path / "target").iterdir()) == []
        assert (tmp_path / "target").stat().st_mode & 0o777 == 0o755

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a directory to somebody else")
    def test_the_playbook_refuses_what_belongs_to_somebody_else(
        self, refreshed: Path, archive: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "librespot-results").mkdir()
        os.chown(tmp_path / "librespot-results", 65534, -1)
        done = play(tmp_path, results(refreshed, archive))
        assert done.returncode != 0
        assert "belongs to nobody. Name a directory that belongs to root, or a path at which nothing is" in done.stdout
        assert list((tmp_path / "librespot-results").iterdir()) == []


def results(path: Path, archive: Path) -> dict[str, Any]:
    """Return the variables of a scan of *path*."""
    engines = [{"name": "cargo-audit", "database": str(archive)}]
    return {"librespot_ci_path": str(path), "librespot_ci_engines": engines, "librespot_ci_today": TODAY}


def play(directory: Path, variables: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Run the playbook without the command, in *directory*."""
    argv = ["ansible-playbook", "-i", "localhost,", "hardened.librespot.ci", "-e", json.dumps(variables)]
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "false"}
    return subprocess.run(argv, env=environment, cwd=directory, capture_output=True, text=True, check=False)
