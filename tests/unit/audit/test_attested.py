# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is attested of a release in a tree of the test's own, from what a scan returned to the findings of an audit."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.audit import attested
from ansible_collections.hardened.librespot.plugins.module_utils.audit.attested import Subject, Upkeep
from ansible_collections.hardened.librespot.plugins.module_utils.audit.context import Context
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.model.attestation import KINDS, RESULTS
from ansible_collections.hardened.librespot.plugins.module_utils.model.attesting import (
    rollout_statement,
    scan_statements,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import (
    ERROR,
    FAILED,
    NOT_ENFORCED,
    PASSED,
    Finding,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.gate import EXPLAINED, OPEN, WAIVED, Judged
from ansible_collections.hardened.librespot.plugins.module_utils.model.inventory import Inventory, Package
from ansible_collections.hardened.librespot.plugins.module_utils.model.scanned import Scanned
from ansible_collections.hardened.librespot.plugins.module_utils.model.statements import NOT_AFFECTED, Statement
from ansible_collections.hardened.librespot.plugins.module_utils.model.timestamp import seconds
from ansible_collections.hardened.librespot.plugins.module_utils.model.vulnerability import (
    REFRESH,
    VULNERABILITY,
    Vulnerability,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.attestations import (
    ATTESTATIONS,
    attestation_path,
    attestation_planners,
    no_attestation_planners,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge

RELEASE = "0.8.0-x86_64-glibc2.36-1a2b3c4d5e6f"
PROGRAM = b"the program"
SHA256 = hashlib.sha256(PROGRAM).hexdigest()
ALL = {"rollout": "r1", "passed": ["staging", "health", "audit", "soak"], "failed": [], "at": "2026-08-25T12:00:00Z"}

CURRENT = {"compared": "2026-08-25", "distribution": "debian 12", "outdated": []}
PIPELINE = {
    "sha256": SHA256,
    "job": "ci",
    "passed": ["scan"],
    "failed": [],
    "at": "2026-08-25T00:00:00Z",
    "results": dict.fromkeys(RESULTS, "0" * 64),
}


def scanned(*judged: Judged, sha256: str = SHA256, today: str = "2026-08-25") -> dict[str, Any]:
    """Return what the module ``scan`` returns, of one engine."""
    database = {"updated": "2026-08-20", "advisories": 1200, "digest": f"sha256:{'0' * 64}"}
    engine = {"name": "cargo-audit", "version": "0.22.2", "database": database}
    inventory = Inventory((Package("librespot", "0.8.0", own=True),), (0,))
    day = date.fromisoformat(today)
    return Scanned("artifact", "/a", sha256, "0.8.0", inventory, (), "", day, "low", [engine], judged, []).as_data()


def judged(status: str, until: str = "", fix: str = "none", unless_proxy: bool = False) -> Judged:
    found = Vulnerability("RUSTSEC-2026-0001", "bytes", "1.0.0", VULNERABILITY, "Bad", fix=fix)
    statement = Statement("RUSTSEC-2026-0001", NOT_AFFECTED, "bytes", unless_proxy=unless_proxy)
    return Judged(found, status, "a reason", date.fromisoformat(until) if until else None, statement)


def in_image(identifier: str, package: str, purl: str, status: str, fix: str = "none") -> Judged:
    """Return what a scan of an image says of something in it that is no crate."""
    version, until = ("2.36-9", date(2026, 12, 31)) if status == WAIVED else ("", None)
    found = Vulnerability(identifier, package, version, VULNERABILITY, "Bad", fix=fix, purl=purl)
    return Judged(found, status, "a reason", until)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Return a host with one release."""
    release = tmp_path / "opt/librespot/releases" / RELEASE
    (release / "bin").mkdir(parents=True)
    (release / "bin/librespot").write_bytes(PROGRAM)
    (release / "manifest.json").write_text(json.dumps({"binary": {"sha256": SHA256}}), encoding="utf-8")
    return Files(str(tmp_path))


def attest(
    files: Files, scan: Any = None, rollout: Any = None, packages: Any = None, ci: Any = None, subject: str = RELEASE
) -> list[str]:
    """Leave attestations on the host; return what was changed."""
    given = {"subject": subject, "scan": scan, "rollout": rollout, "packages": packages, "ci": ci}
    plans = converge(attestation_planners(files, given), False)
    return [plan.subject for plan in plans if plan.changed]


def audited(
    files: Files, day: str = "2026-08-26", kept: bool = True, contained: bool = False, proxy: bool = False
) -> dict[str, Finding]:
    """Return the findings on the day *day*, by control, of a host with an instance."""
    upkeep = Upkeep(kept, 30, lambda: seconds(f"{day}T12:00:00Z"), ci=kept)
    speaker = SimpleNamespace(options={"proxy": "http://192.0.2.1:3128"} if proxy else {})
    spec = SimpleNamespace(present=[speaker])
    context = cast(Context, SimpleNamespace(host=SimpleNamespace(files=files), spec=spec))
    return {item.id: item for item in attested.look(Subject(RELEASE, contained, upkeep), context)}


def statuses(findings: dict[str, Finding]) -> dict[str, str]:
    return {name: item.status for name, item in findings.items()}


@pytest.fixture(autouse=True)
def _as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files belong to whoever runs the test."""
    monkeypatch.setattr("os.fchown", lambda *_given: None)
    monkeypatch.setattr(attested, "_ROOT", os.getuid())


def test_what_was_attested_is_passed(files: Files) -> None:
    attest(files, scanned(judged(EXPLAINED)), ALL, CURRENT, PIPELINE)
    assert set(statuses(audited(files, contained=True)).values()) == {PASSED}


@pytest.mark.parametrize(("kept", "status"), [(True, FAILED), (False, NOT_ENFORCED)])
def test_what_nobody_attested_is_red_where_the_host_is_kept_up_to_date(files: Files, kept: bool, status: str) -> None:
    assert set(statuses(audited(files, kept=kept)).values()) == {status}


def test_a_second_run_changes_nothing(files: Files) -> None:
    given = scanned(judged(EXPLAINED))
    written = [attestation_path(RELEASE, kind) for kind in KINDS]
    assert set(written) <= set(attest(files, given, ALL, CURRENT, PIPELINE))
    assert not set(written) & set(attest(files, given, ALL, CURRENT, PIPELINE))


def test_a_waiver_that_has_expired_since_is_red(files: Files) -> None:
    attest(files, scanned(judged(WAIVED, until="2026-08-31")), ALL)
    assert statuses(audited(files, "2026-08-31"))["UPD-06"] == PASSED
    found = audited(files, "2026-09-01")["UPD-06"]
    assert found.status == FAILED
    assert "RUSTSEC-2026-0001 (bytes 1.0.0)" in found.observed


def ends(files: Files, **how: Any) -> dict[str, str]:
    """Return the moment at which the first waiver of each control ends."""
    found = attested.waivers_end(files, audited(files, **how).values())
    return {name: datetime.fromtimestamp(at, UTC).isoformat() for name, at in found.items()}


def test_the_first_waiver_ends_after_its_last_day(files: Files) -> None:
    attest(files, scanned(judged(WAIVED, until="2026-08-31"), judged(WAIVED, until="2026-10-01"), judged(OPEN)), ALL)
    assert ends(files) == {"UPD-06": "2026-09-01T00:00:00+00:00"}


def test_of_an_image_those_of_its_packages_count_as_well(files: Files) -> None:
    attest(files, scanned(in_image("CVE-2026-1", "libc6", "pkg:deb/debian/libc6@2.36-9", WAIVED)), ALL)
    assert ends(files, contained=True) == {"CON-08": "2027-01-01T00:00:00+00:00"}


def test_without_a_waiver_none_ends(files: Files) -> None:
    assert ends(files) == {}
    attest(files, scanned(judged(EXPLAINED)), ALL)
    assert ends(files) == {}
    files.write(attestation_path(RELEASE, "scan"), b"nonsense", 0o644)
    assert ends(files) == {}


def test_an_old_scan_is_red(files: Files) -> None:
    attest(files, scanned(), ALL)
    assert "31 days ago" in audited(files, "2026-09-25")["UPD-06"].observed
    assert statuses(audited(files, "2026-09-24"))["UPD-06"] == PASSED


def test_what_is_open_is_red(files: Files) -> None:
    attest(files, scanned(judged(OPEN)), ALL, CURRENT, PIPELINE)
    assert statuses(audited(files, contained=True)) == {
        "UPD-03": PASSED,
        "UPD-04": PASSED,
        "UPD-06": FAILED,
        "UPD-07": PASSED,
        "UPD-09": PASSED,
        "CON-08": FAILED,
        "CON-09": PASSED,
    }


@pytest.mark.parametrize(
    ("identifier", "package", "purl"),
    [
        ("NOT-COVERED-distribution", "distribution", "pkg:generic/distribution"),
        ("NOT-COVERED-files", "files", "pkg:generic/files"),
        ("DEBIAN-CVE-2026-5450", "libc6", "pkg:deb/debian/libc6@2.36-9?distro=debian-12"),
        # As a database calls it that has one name for all distributions.
        ("CVE-2026-5450", "libc6", "pkg:deb/debian/libc6@2.36-9?distro=debian-12"),
    ],
)
def test_what_is_open_on_the_image_is_red_there_and_not_of_the_crates(
    files: Files, identifier: str, package: str, purl: str
) -> None:
    attest(files, scanned(in_image(identifier, package, purl, OPEN)), ALL, CURRENT, PIPELINE)
    found = audited(files, contained=True)
    assert {name for name, item in found.items() if item.status == FAILED} == {"CON-08"}
    assert identifier in found["CON-08"].observed


@pytest.mark.parametrize("name", ["distribution", "distribution-tools", "files"])
def test_a_crate_that_nobody_looked_at_is_red_whatever_it_is_called(files: Files, name: str) -> None:
    attest(files, scanned(in_image(f"NOT-COVERED-{name}", name, "", OPEN)), ALL, CURRENT, PIPELINE)
    found = audited(files, contained=True)
    assert {key for key, item in found.items() if item.status == FAILED} == {"UPD-06", "CON-08"}


def test_no_lock_file_mends_a_package_of_the_image(files: Files) -> None:
    given = in_image("DEBIAN-CVE-2026-1", "libc6", "pkg:deb/debian/libc6@2.36-9", WAIVED, fix=REFRESH)
    attest(files, scanned(given), ALL, CURRENT, PIPELINE)
    assert set(statuses(audited(files, contained=True)).values()) == {PASSED}


def test_a_package_of_the_image_that_is_outdated_is_red(files: Files) -> None:
    newer = {"name": "libc6", "from": "2.36-9+deb12u9", "to": "2.36-9+deb12u10"}
    attest(files, scanned(), ALL, {**CURRENT, "outdated": [newer]}, PIPELINE)
    found = audited(files, contained=True)
    assert {name for name, item in found.items() if item.status == FAILED} == {"CON-09"}
    assert found["CON-09"].observed == "libc6 2.36-9+deb12u9, there is 2.36-9+deb12u10"


def test_a_package_of_the_image_that_its_distribution_has_no_more_is_red(files: Files) -> None:
    gone = {"name": "libasound2", "from": "1.2.8-1", "to": ""}
    attest(files, scanned(), ALL, {**CURRENT, "outdated": [gone]})
    assert audited(files, contained=True)["CON-09"].observed == "libasound2 1.2.8-1, there is none any more"


@pytest.mark.parametrize(("day", "status"), [("2026-09-24", PASSED), ("2026-09-25", FAILED), ("2026-08-22", FAILED)])
def test_what_was_compared_long_ago_or_in_the_future_is_red(files: Files, day: str, status: str) -> None:
    attest(files, scanned(), ALL, CURRENT)
    assert audited(files, day, contained=True)["CON-09"].status == status


def test_what_a_refreshed_lock_mends_is_red_even_when_it_is_waived(files: Files) -> None:
    attest(files, scanned(judged(WAIVED, until="2026-12-31", fix=REFRESH)), ALL)
    assert statuses(audited(files))["UPD-09"] == FAILED
    attest(files, scanned(judged(EXPLAINED, fix=REFRESH)), ALL)
    assert statuses(audited(files))["UPD-09"] == PASSED


def test_what_is_explained_without_a_proxy_is_red_with_one(files: Files) -> None:
    attest(files, scanned(judged(EXPLAINED, fix=REFRESH, unless_proxy=True)), ALL, CURRENT, PIPELINE)
    assert set(statuses(audited(files)).values()) == {PASSED}
    found = audited(files, contained=True, proxy=True)
    assert {name for name, item in found.items() if item.status == FAILED} == {"UPD-06", "UPD-09", "CON-08"}


@pytest.mark.parametrize("place", [ATTESTATIONS, attestation_path(RELEASE, "scan")])
def test_what_others_can_write_is_red(files: Files, tmp_path: Path, place: str) -> None:
    attest(files, scanned(), ALL, ci=PIPELINE)
    (tmp_path / place.lstrip("/")).chmod(0o777)
    found = audited(files)
    assert found["UPD-06"].status == FAILED
    assert f"others than root can write {place}: mode 0777" in found["UPD-06"].observed


def test_a_rollout_in_the_future_is_red(files: Files) -> None:
    attest(files, scanned(), {**ALL, "at": "2999-01-01T00:00:00Z"}, ci=PIPELINE)
    assert {name for name, item in audited(files).items() if item.status == FAILED} == {"UPD-03", "UPD-04"}


@pytest.mark.parametrize(("lacking", "red"), [("staging", "UPD-03"), ("soak", "UPD-04"), ("health", "UPD-04")])
def test_what_was_not_shown_is_red(files: Files, lacking: str, red: str) -> None:
    attest(files, scanned(), {**ALL, "passed": [name for name in ALL["passed"] if name != lacking]}, ci=PIPELINE)
    found = audited(files)
    assert {name for name, item in found.items() if item.status == FAILED} == {red}
    assert found[red].observed == f"not shown: {lacking}"


def test_a_rollout_that_failed_is_red(files: Files) -> None:
    attest(files, scanned(), {**ALL, "failed": ["firewall"]})
    assert audited(files)["UPD-04"].observed == "failed: firewall"


@pytest.mark.parametrize(
    ("change", "observed"),
    [
        ({"passed": [], "failed": ["scan"]}, "failed: scan"),
        ({"results": {"scan.json": "0" * 64}}, "no results as scan.sarif, scan.junit.xml"),
        ({"at": "2026-07-01T00:00:00Z"}, "56 days ago"),
    ],
)
def test_a_ci_that_was_not_content_is_red(files: Files, change: dict[str, Any], observed: str) -> None:
    attest(files, scanned(), ALL, ci={**PIPELINE, **change})
    found = audited(files)
    assert {name for name, item in found.items() if item.status == FAILED} == {"UPD-07"}
    assert found["UPD-07"].observed == observed


def test_what_a_ci_looked_at_is_known_by_its_digest(files: Files) -> None:
    attest(files, ci=PIPELINE, subject="")
    assert statuses(audited(files))["UPD-07"] == PASSED


def test_a_ci_that_looked_at_what_is_not_here_attests_nothing(files: Files) -> None:
    with pytest.raises(HostError, match="is not on this host"):
        attest(files, ci={**PIPELINE, "sha256": "1" * 64}, subject="")
    assert not files.names(ATTESTATIONS)


def test_what_is_about_another_program_is_red(files: Files, tmp_path: Path) -> None:
    attest(files, scanned(), ALL, ci=PIPELINE)
    (tmp_path / "opt/librespot/releases" / RELEASE / "bin/librespot").write_bytes(b"another")
    assert set(statuses(audited(files)).values()) == {ERROR}


def test_the_scan_of_something_else_is_refused(files: Files) -> None:
    with pytest.raises(SpecificationError, match=r"scan\.subject\.sha256"):
        attest(files, scanned(sha256="1" * 64))
    assert not files.names("/opt/librespot/attestations")


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"scan": {"subject": {}}}, "scan"),
        ({"scan": {**scanned(), "engines": []}}, "scan.engines"),
        ({"scan": {**scanned(), "vulnerabilities": [{"id": 1}]}}, "scan"),
        ({"rollout": {**ALL, "at": "yesterday"}}, "rollout.at"),
        ({"rollout": {**ALL, "stage": "canary"}}, "rollout.stage"),
        ({"rollout": {**ALL, "passed": "all"}}, "rollout.passed"),
        ({"rollout": {**ALL, "passed": ["a\x1bb"]}}, r"rollout.passed\[0\]"),
        ({"packages": {**CURRENT, "compared": "today"}}, "packages.compared"),
        ({"packages": {**CURRENT, "outdated": [{"name": "libc6"}]}}, r"packages.outdated\[0\].from"),
        ({"packages": {**CURRENT, "outdated": [{"name": "libc6", "from": "1"}]}}, r"packages.outdated\[0\].to"),
        ({"ci": {**PIPELINE, "sha256": "1" * 64}}, "ci.sha256"),
        ({"ci": {**PIPELINE, "job": ""}}, "ci.job"),
        ({"ci": {**PIPELINE, "at": "now"}}, "ci.at"),
        ({"ci": {**PIPELINE, "failed": "all"}}, "ci.failed"),
        ({"ci": {**PIPELINE, "results": {"../x": "0" * 64}}}, r"ci.results.../x"),
        ({"ci": {**PIPELINE, "results": {"scan.json": "0"}}}, "ci.results.scan.json"),
        ({"ci": {**PIPELINE, "failed": ["scan"]}}, "ci.failed"),
        ({"ci": PIPELINE, "subject": "../x"}, "subject"),
        ({"scan": scanned(), "subject": ""}, "subject"),
        ({}, "subject"),
    ],
)
def test_what_cannot_be_attested_is_refused_with_its_path(files: Files, given: dict[str, Any], path: str) -> None:
    with pytest.raises(SpecificationError, match=f"^{path}:"):
        attest(files, **given)


@pytest.mark.parametrize("subject", ["0.7.1-x86_64-glibc2.36-1a2b3c4d5e6f", f"sha256:{'0' * 64}"])
def test_what_is_not_on_the_host_is_refused(files: Files, subject: str) -> None:
    with pytest.raises(HostError, match="not on this host"):
        attest(files, scanned(), subject=subject)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "text", "[]", "[" * 100_000, rollout_statement(RELEASE, SHA256, ALL, "rollout"), '{"_type": 1}', "null"],
)
def test_what_is_no_attestation_is_an_error_and_not_a_crash(files: Files, tmp_path: Path, text: str) -> None:
    attest(files, scanned(), ALL)
    (tmp_path / attestation_path(RELEASE, "scan").lstrip("/")).write_text(text, encoding="utf-8")
    found = audited(files)
    assert found["UPD-06"].status == ERROR
    assert f"{attestation_path(RELEASE, 'scan')} is no attestation" in found["UPD-06"].observed
    assert found["UPD-04"].status == PASSED


def test_several_engines_are_several_statements_and_the_oldest_counts() -> None:
    given = scanned(judged(EXPLAINED))
    given["engines"] = given["engines"] * 2
    assert len(scan_statements(RELEASE, SHA256, given, "scan").splitlines()) == 2


def test_what_is_gone_has_no_attestation_any_more(files: Files, tmp_path: Path) -> None:
    attest(files, scanned(), ALL)
    other = tmp_path / attestation_path("0.7.1-x86_64-glibc2.36-1a2b3c4d5e6f", "scan").lstrip("/")
    other.write_text("{}", encoding="utf-8")
    attest(files, scanned(), ALL)
    assert not other.exists()
    converge(no_attestation_planners(files), False)
    assert not (tmp_path / ATTESTATIONS.lstrip("/")).exists()
    assert not any(plan.changed for plan in converge(no_attestation_planners(files), False))


@pytest.mark.parametrize("others", [[], ["0.7.1-x86_64-glibc2.36-1a2b3c4d5e6f"]])
def test_check_mode_says_what_the_first_attestation_changes(files: Files, tmp_path: Path, others: list[str]) -> None:
    """All that is attested may be of what is gone."""
    place = tmp_path / ATTESTATIONS.lstrip("/")
    place.mkdir()
    for other in others:
        (tmp_path / attestation_path(other, "scan").lstrip("/")).write_text("{}", encoding="utf-8")
    given = {"subject": RELEASE, "scan": scanned(), "rollout": ALL, "packages": None, "ci": None}
    foretold, done = (converge(attestation_planners(files, given), check) for check in (True, False))
    assert [(plan.subject, plan.before, plan.after) for plan in foretold] == [
        (plan.subject, plan.before, plan.after) for plan in done
    ]
    assert len(list(place.iterdir())) == 2
