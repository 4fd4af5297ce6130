# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""report: the action plugin that shows and keeps what audits found, and fails when it is red."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

import pytest
from ansible.errors import AnsibleError
from ansible.playbook.task import Task
from junitparser import JUnitXml

from ansible_collections.hardened.librespot.plugins.action.report import ActionModule
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import (
    ERROR,
    FAILED,
    NOT_APPLICABLE,
    NOT_ENFORCED,
    PASSED,
    WAIVED,
    Finding,
)

GOOD = Finding("CFG-04", "modes", PASSED, "kitchen", "0600", "as expected", "lstat", "").as_data()
BAD = Finding("CFG-06", "drift", FAILED, "kitchen", "as described", "content differs", "compared", "Run it").as_data()

UNUSED: Any = SimpleNamespace(_shell=SimpleNamespace(tmpdir="unused"))
"""A connection that does nothing: the action runs nothing on any host."""


class Report(Protocol):
    def __call__(self, *, check: bool = False, **arguments: Any) -> dict[str, Any]:
        """Return what the action says."""


@pytest.fixture
def report() -> Report:
    """Return what runs the action on the controller with the arguments of a task."""

    def act(*, check: bool = False, **arguments: Any) -> dict[str, Any]:
        task: Any = Task()
        task.args, task.check_mode = arguments, check
        make: Any = ActionModule
        action = make(task, UNUSED, None, None, None, None)
        # Ansible's loader sets it.
        action._load_name = "hardened.librespot.report"
        result: dict[str, Any] = action.run(None, {})
        return result

    return act


def test_what_is_green_passes_and_is_counted(report: Report) -> None:
    said = report(results={"a": {"findings": [GOOD]}, "b": {"findings": [GOOD]}})
    assert (said.get("failed", False), said["changed"], said["red"]) == (False, False, 0)
    assert said["summary"][PASSED] == 2


def test_one_red_finding_of_one_host_fails_unless_told_otherwise(report: Report) -> None:
    results = {"a": {"findings": [GOOD]}, "b": {"findings": [GOOD, BAD]}}
    said = report(results=results)
    assert said["failed"]
    assert "1 finding is red" in said["msg"]
    assert not report(results=results, fail=False).get("failed", False)


@pytest.mark.parametrize("given", [None, {}, {"unreachable": True}, {"findings": "text"}, "text"])
def test_a_host_that_was_not_audited_is_red(report: Report, given: Any) -> None:
    said = report(results={"a": {"findings": [GOOD]}, "b": given})
    assert said["failed"]
    assert said["red"] == 1


@pytest.mark.parametrize(
    ("show", "modes", "drift"), [("all", True, True), ("problems", False, True), ("nothing", False, False)]
)
def test_the_table_has_what_was_asked_for(
    report: Report, capsys: pytest.CaptureFixture[str], show: str, modes: bool, drift: bool
) -> None:
    report(results={"a": {"findings": [GOOD, BAD]}}, show=show)
    shown = capsys.readouterr().out
    assert ("as expected" in shown, "content differs" in shown) == (modes, drift)
    assert ("To do for CFG-06: Run it" in shown) == drift


def test_it_is_written_once_for_its_owner_alone(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    said = report(results={"a": {"findings": [BAD]}}, path=str(path), fail=False)
    assert (said["changed"], said["path"]) == (True, str(path))
    (found,) = json.loads(path.read_text(encoding="utf-8"))["hosts"]["a"]["findings"]
    assert {**BAD, "fingerprint": found["fingerprint"]} == found
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not report(results={"a": {"findings": [BAD]}}, path=str(path), fail=False)["changed"]


def test_a_red_report_is_written_as_well(report: Report, tmp_path: Path) -> None:
    said = report(results={"a": {"findings": [BAD]}}, path=str(tmp_path / "report.json"))
    assert said["failed"]
    assert (tmp_path / "report.json").exists()


def test_a_ci_gets_a_test_for_each_finding_and_a_suite_for_each_host(report: Report, tmp_path: Path) -> None:
    statuses = (PASSED, FAILED, ERROR, WAIVED, NOT_ENFORCED, NOT_APPLICABLE)
    findings = [{**GOOD, "status": status, "observed": "a <\x00> b"} for status in statuses]
    path = tmp_path / "report.xml"
    said = report(results={"b": {"findings": findings}, "a": {}}, junit=str(path), fail=False)
    assert (said["changed"], said["junit"]) == (True, str(path))
    suites = list(JUnitXml.fromstring(path.read_bytes()))
    assert [suite.name for suite in suites] == ["a", "b"]
    kinds = [[type(result).__name__ for result in case.result] for case in suites[1]]
    assert kinds == [[], ["Failure"], ["Error"], ["Skipped"], ["Skipped"], ["Skipped"]]
    # A host that was not audited is an error as well.
    assert [(suite.tests, suite.errors, suite.failures) for suite in suites] == [(1, 1, 0), (6, 1, 1)]
    assert not report(results={"b": {"findings": findings}, "a": {}}, junit=str(path), fail=False)["changed"]


def test_check_mode_predicts_and_writes_nothing(report: Report, tmp_path: Path) -> None:
    assert report(results={"a": {"findings": [GOOD]}}, path=str(tmp_path / "report.json"), check=True)["changed"]
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_place_of_the_file_is_refused(report: Report, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("x", encoding="utf-8")
    (tmp_path / "report.json").symlink_to(victim)
    said = report(results={"a": {"findings": [GOOD]}}, path=str(tmp_path / "report.json"))
    assert said["failed"]
    assert "a link stands where a file of ours belongs" in said["msg"]
    assert victim.read_text(encoding="utf-8") == "x"


def test_a_directory_that_is_a_link_of_the_users_is_followed(report: Report, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").symlink_to("real")
    said = report(results={"a": {"findings": [GOOD]}}, path=str(tmp_path / "linked/report.json"))
    assert said["path"] == str(tmp_path / "real/report.json")
    assert (tmp_path / "real/report.json").exists()


def test_a_directory_that_does_not_exist_fails_with_the_next_step(report: Report, tmp_path: Path) -> None:
    said = report(results={"a": {"findings": [GOOD]}}, path=str(tmp_path / "no/report.json"))
    assert said["failed"]
    assert "its directory does not exist. Create it first" in said["msg"]


@pytest.mark.parametrize("wrong", [{"show": "some"}, {"results": "text"}, {"pth": "/x"}])
def test_wrong_arguments_are_refused_before_anything_is_shown(
    report: Report, capsys: pytest.CaptureFixture[str], wrong: dict[str, Any]
) -> None:
    with pytest.raises(AnsibleError, match="|".join(wrong)):
        report(**{"results": {"a": {"findings": [BAD]}}, **wrong})
    assert capsys.readouterr().out == ""


def test_a_report_that_cannot_be_written_and_is_red_says_both(report: Report, tmp_path: Path) -> None:
    said = report(results={"a": {"findings": [BAD]}}, path=str(tmp_path / "missing" / "report.json"))
    assert "1 finding is red" in said["msg"]
    assert "missing" in said["msg"]


def test_one_remedy_of_two_controls_names_both(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    report(results={"a": {"findings": [BAD, {**BAD, "id": "CFG-02"}]}})
    assert "To do for CFG-06, CFG-02: Run it" in capsys.readouterr().out


def test_it_is_written_in_every_form_that_was_asked_for(report: Report, tmp_path: Path) -> None:
    names: dict[str, Any] = {
        name: str(tmp_path / name) for name in ("path", "html", "junit", "sarif", "markdown", "rationale")
    }
    said = report(results={"a": {"findings": [BAD]}}, fail=False, **names)
    assert {name: said[name] for name in names} == names
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert not report(results={"a": {"findings": [BAD]}}, fail=False, **names)["changed"]


def test_two_forms_in_one_file_are_refused(report: Report, tmp_path: Path) -> None:
    both = str(tmp_path / "report")
    with pytest.raises(AnsibleError, match=r"sarif: .* is html as well"):
        report(results={"a": {"findings": [GOOD]}}, html=both, sarif=both)
    assert list(tmp_path.iterdir()) == []


def test_only_what_got_worse_fails_when_that_is_asked_for(report: Report, tmp_path: Path) -> None:
    path = str(tmp_path / "report.json")
    report(results={"a": {"findings": [GOOD, BAD]}}, path=path, fail=False)
    same = report(results={"a": {"findings": [GOOD, BAD]}}, previous=path, fail_on="worse")
    assert (same.get("failed", False), same["red"], same["comparison"]["unchanged"]) == (False, 1, 2)
    worse = report(results={"a": {"findings": [{**GOOD, "status": FAILED}, BAD]}}, previous=path, fail_on="worse")
    assert "1 finding got worse" in worse["msg"]
    assert not report(results={"a": {"findings": [GOOD]}}, previous=path, fail_on="worse").get("failed", False)


def test_an_earlier_report_that_is_none_is_refused_before_anything_is_written(report: Report, tmp_path: Path) -> None:
    earlier = tmp_path / "earlier.json"
    earlier.write_text('{"format": 1, "hosts": {}}', encoding="utf-8")
    with pytest.raises(AnsibleError, match=r"previous: .* has the format 1, and this version reads 2"):
        report(results={"a": {"findings": [GOOD]}}, previous=str(earlier), html=str(tmp_path / "x.html"))
    assert list(tmp_path.iterdir()) == [earlier]


def test_worse_than_nothing_is_refused(report: Report) -> None:
    with pytest.raises(AnsibleError, match="fail_on: 'worse' needs an earlier report"):
        report(results={"a": {"findings": [GOOD]}}, fail_on="worse")


def test_a_review_that_could_not_be_written_as_a_whole_is_none(report: Report, tmp_path: Path) -> None:
    (tmp_path / "review.html").mkdir()
    said = report(
        results={"a": {"findings": [GOOD]}},
        kind="review",
        html=str(tmp_path / "review.html"),
        path=str(tmp_path / "review.json"),
    )
    assert said["failed"]
    assert not (tmp_path / "review.json").exists()
