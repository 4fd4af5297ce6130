# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts as a whole: environments that differ, earlier reports, and reviews that are none."""

from __future__ import annotations

import calendar
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.comparison import Key, compare
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import (
    ERROR,
    FAILED,
    NOT_APPLICABLE,
    NOT_ENFORCED,
    PASSED,
    RED,
    STATUSES,
    WAIVED,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.report import Report
from ansible_collections.hardened.librespot.plugins.module_utils.render.report import as_json
from ansible_collections.hardened.librespot.plugins.plugin_utils.earlier import read_report
from ansible_collections.hardened.librespot.plugins.plugin_utils.reviewing import assemble, version
from tests.support.fleet import ROOMS, audit, finding, fleet, instance, profile, settings

NOW = calendar.timegm((2026, 11, 28, 4, 0, 20))
DAY = 86400
ALIKE = ("kitchen", "hallway")
"""A host of production and one of staging that are given the same."""


def asked(*rooms: str, **more: Any) -> dict[str, Any]:
    """Return the arguments of a task about *rooms* alone."""
    whole = fleet()
    whole["results"] = {room: audit(number, room) for number, room in enumerate(rooms)}
    return {**whole, "kind": "audit", "profiles": {}, **more}


def fleet_of(report: Report, control: str) -> dict[str, str]:
    """Return the status of each check of a *control* of the fleet."""
    return {item.check: item.status for item in report.fleet if item.id == control}


def given_otherwise(room: str, key: str, value: Any) -> dict[str, Any]:
    """Return the audit of a host whose instance has another value at *key*."""
    other = {**instance(room), key: value}
    return {**audit(1, room), "settings": settings(other)}


class TestEnvironments:
    def test_what_is_alike_passes_and_is_counted(self) -> None:
        report = assemble(asked(*ALIKE), NOW)
        assert fleet_of(report, "RES-07") == fleet_of(report, "CFG-08") == {"compared": PASSED}
        assert all("0 differ" in item.observed for item in report.fleet)
        # Its name is its own.
        assert report.differences == ()

    @pytest.mark.parametrize(
        ("control", "path", "key", "value"),
        [
            ("RES-07", "limits.tasks", "limits", {"memory": "192M", "cpu": "100%", "tasks": 65}),
            (
                "CFG-08",
                "options.bitrate",
                "options",
                {"name": "K", "bitrate": 160, "backend": "alsa", "device": "hw:0"},
            ),
            ("CFG-08", "port", "port", 37890),
            ("CFG-08", "relaxations.disk", "relaxations", {"alsa": "it plays", "disk": "it remembers the volume"}),
        ],
    )
    def test_what_differs_is_red_under_its_control_unless_it_is_stated(
        self, control: str, path: str, key: str, value: Any
    ) -> None:
        results = {"hallway": audit(0, "hallway"), "kitchen": given_otherwise("kitchen", key, value)}
        given = {**asked(), "results": results}
        red = {(item.id, item.check) for item in assemble(given, NOW).fleet if item.status in RED}
        assert red == {(control, f"{path} of speaker")}
        stated = {"kitchen": [{"path": path, "reason": "the kitchen is another room"}]}
        report = assemble({**given, "differences": stated}, NOW)
        (item,) = [item for item in report.fleet if item.check == f"{path} of speaker"]
        assert (item.status, item.reason) == (WAIVED, "the kitchen is another room")
        assert report.red == 0

    def test_what_only_one_host_states_does_not_cover_another(self) -> None:
        results = {
            "kitchen": audit(0, "kitchen"),
            "hallway": audit(1, "hallway", memory="256M"),
            "workshop": audit(2, "workshop", memory="320M"),
        }
        silent = [{"path": "options.device", "reason": "there is no sound card"}]
        silent += [{"path": path, "reason": "it is a small machine"} for path in ("limits.*", "relaxations.alsa")]
        report = assemble({**asked(), "results": results, "differences": {"workshop": silent}}, NOW)
        red = {item.check for item in report.fleet if item.status in RED}
        assert red == {"limits.memory of speaker", "limits.memory_high of speaker"}

    def test_a_reason_ends_on_its_day(self) -> None:
        results = {"hallway": audit(0, "hallway"), "kitchen": audit(1, "kitchen", memory="256M")}
        stated = [{"path": "limits.mem*", "reason": "more is tried for a while", "until": "2026-11-28"}]
        given = {**asked(), "results": results, "differences": {"kitchen": stated}}
        assert assemble(given, NOW).red == 0
        late = assemble(given, NOW + DAY)
        assert late.red == 2
        assert any("has ended for 'limits.mem*'" in item.observed for item in late.fleet)

    def test_two_kinds_of_hosts_in_each_environment_are_alike(self) -> None:
        rooms = {"hallway": "192M", "attic": "256M", "kitchen": "256M", "bedroom": "192M"}
        results = {room: audit(number, room, memory) for number, (room, memory) in enumerate(rooms.items())}
        assert assemble({**asked(), "results": results}, NOW).red == 0

    def test_of_which_nothing_is_known_is_red(self) -> None:
        given = asked(*ALIKE)
        del given["results"]["kitchen"]["settings"]
        report = assemble(given, NOW)
        assert fleet_of(report, "RES-07") == fleet_of(report, "CFG-08") == {"compared": ERROR}

    def test_one_environment_alone_is_nothing_to_compare(self) -> None:
        report = assemble(asked("kitchen", "bedroom"), NOW)
        assert fleet_of(report, "RES-07") == {"compared": NOT_APPLICABLE}

    def test_instances_that_no_other_environment_has_are_not_taken_for_compared(self) -> None:
        given = asked(*ALIKE)
        for item in given["results"]["kitchen"]["settings"]:
            item["scope"] = "another" if item["scope"] == "speaker" else item["scope"]
        report = assemble(given, NOW)
        assert fleet_of(report, "CFG-08") == {"compared": NOT_APPLICABLE}
        assert "another, speaker" in report.fleet[0].observed

    @pytest.mark.parametrize(
        ("wrong", "path"),
        [
            ("text", "differences[kitchen]"),
            ([{"path": "limits.memory"}], "differences[kitchen][0].reason"),
            ([{"reason": "a reason that is one"}], "differences[kitchen][0].path"),
            ([{"path": "x", "reason": "short"}], "differences[kitchen][0].reason"),
            ([{"path": "x", "reason": "a reason that is one", "until": "soon"}], "differences[kitchen][0].until"),
            ([{"path": "x", "reason": "a reason that is one", "host": "y"}], "differences[kitchen][0].host"),
        ],
    )
    def test_what_is_no_statement_is_refused_by_its_path(self, wrong: Any, path: str) -> None:
        with pytest.raises(SpecificationError) as caught:
            assemble(asked(*ALIKE, differences={"kitchen": wrong}), NOW)
        assert caught.value.path == path

    def test_a_host_in_two_environments_is_refused(self) -> None:
        with pytest.raises(SpecificationError, match="is in staging as well"):
            assemble(asked(*ALIKE, environments={"staging": ["kitchen"], "production": ["kitchen"]}), NOW)


class TestHosts:
    """What comes from a host that is in somebody else's hands."""

    @pytest.mark.parametrize(
        "wrong",
        [
            {"findings": [{"id": "NET-01"}]},
            {"findings": ["text"]},
            {"findings": []},
            {"findings": [{**finding("NET-01", "x", PASSED, "host"), "status": "fine"}]},
            {"findings": [{**finding("NET-01", "x", PASSED, "host"), "observed": 7}]},
            {"findings": [{**finding("NET-01", "x", PASSED, "host"), "more": "x"}]},
            {"findings": [finding("NET-01", "x", PASSED, "host")], "settings": "text"},
            {"findings": [finding("NET-01", "x", PASSED, "host")], "settings": [{"scope": "x"}]},
            {"findings": [finding("NET-01", "x", PASSED, "host")], "at": "now"},
            {"findings": [finding("NET-01", "x", PASSED, "host")], "at": 7},
        ],
    )
    def test_what_cannot_be_read_is_a_host_that_was_not_audited(self, wrong: Any) -> None:
        report = assemble({**asked(), "results": {"a": wrong}}, NOW)
        assert not report.hosts["a"].audited
        assert [item.status for item in report.hosts["a"].findings] == [ERROR]

    def test_moments_are_told_in_utc(self) -> None:
        given = {"findings": [finding("NET-01", "x", PASSED, "host")], "at": "2026-11-28T06:00:00.5+02:00"}
        assert assemble({**asked(), "results": {"a": given}}, NOW).made == "2026-11-28T04:00:00Z"


class TestComparison:
    @pytest.mark.parametrize(
        ("before", "after", "outcome"),
        [
            (PASSED, FAILED, "worse"),
            (NOT_ENFORCED, ERROR, "worse"),
            (WAIVED, FAILED, "worse"),
            (PASSED, NOT_ENFORCED, "worse"),
            (FAILED, PASSED, "better"),
            (ERROR, NOT_ENFORCED, "better"),
            (WAIVED, PASSED, "better"),
            (FAILED, WAIVED, "accepted"),
            (PASSED, WAIVED, "accepted"),
            (FAILED, ERROR, "unchanged"),
            (PASSED, NOT_APPLICABLE, "unchanged"),
            ("", PASSED, "new"),
            (FAILED, "", "gone"),
            *((status, status, "unchanged") for status in STATUSES),
        ],
    )
    def test_what_has_become_of_a_finding(self, before: str, after: str, outcome: str) -> None:
        key = Key("a", "NET-01", "x", "host")
        old, new = ({key: status} if status else {} for status in (before, after))
        found = compare(old, new, ["a"], ["a"], "x", "")
        assert [item.outcome for item in found.changes] == [outcome]
        assert bool(found.regressions) == (outcome in ("worse", "new") and after in RED)

    def test_hosts_that_come_and_go_are_named_and_what_is_red_of_them_counts(self) -> None:
        old, new = (Key(host, "NET-01", "x", "host") for host in ("old", "new"))
        good = Key("new", "NET-02", "x", "host")
        found = compare({old: FAILED}, {new: FAILED, good: PASSED}, ["old"], ["new"], "x", "")
        assert (found.appeared, found.vanished) == (("new",), ("old",))
        assert [item.key for item in found.changes] == [new] == [item.key for item in found.regressions]


@pytest.fixture
def kept(tmp_path: Path) -> Callable[..., str]:
    """Return what writes a report, changed by hand, and says where."""

    def keep(change: Callable[[Any], Any] = lambda data: data, **more: Any) -> str:
        data = json.loads(as_json(assemble(asked(*ALIKE, **more), NOW)))
        path = tmp_path / "earlier.json"
        changed = change(data)
        path.write_text(changed if isinstance(changed, str) else json.dumps(changed), encoding="utf-8")
        return str(path)

    return keep


class TestEarlier:
    def test_it_is_compared_with_itself_and_nothing_has_changed(self, kept: Callable[..., str]) -> None:
        report = assemble(asked(*ALIKE, previous=kept()), NOW)
        assert report.comparison is not None
        counts = report.comparison.counts
        assert counts.pop("unchanged") == len(report.findings)
        assert set(counts.values()) == {0}

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda data: {**data, "format": 1}, "has the format 1, and this version reads 2"),
            (lambda data: {**data, "format": True}, "has the format True"),
            (lambda _data: "{", "is no JSON"),
            (lambda _data: "[" * 100_000, "is no JSON"),
            (lambda _data: "[]", "is no report"),
            (lambda _data: "{}", "is no report"),
            (lambda data: {**data, "hosts": {"a": {}}}, "is no complete report"),
            (lambda data: {**data, "hosts": []}, "is no complete report"),
            (lambda data: {**data, "made": "yesterday"}, "is no complete report"),
            (lambda data: {**data, "kind": "novel"}, "is of the kind"),
            (lambda data: {**data, "tool": {"name": "another"}}, "was written by"),
            (lambda data: {**data, "fleet": {"findings": [{"id": 1, "check": "x", "scope": "x"}]}}, "is no complete"),
        ],
    )
    def test_what_is_none_is_refused_by_its_option(
        self, kept: Callable[..., str], change: Callable[[Any], Any], said: str
    ) -> None:
        with pytest.raises(SpecificationError, match=said) as caught:
            read_report(kept(change), "previous")
        assert caught.value.path == "previous"

    def test_what_is_not_there_or_no_file_is_refused(self, tmp_path: Path) -> None:
        for path in (tmp_path / "missing.json", tmp_path):
            with pytest.raises(SpecificationError, match="cannot be read"):
                read_report(str(path), "previous")


class TestReview:
    """CFG-09."""

    def test_it_judges_itself_by_its_hosts_and_forms(self) -> None:
        complete = assemble(asked(*ALIKE, kind="review"), NOW)
        assert fleet_of(complete, "CFG-09") == {"review": PASSED}
        for more in ({"html": None}, {"path": None}, {"results": {**asked(*ALIKE)["results"], "lost": {}}}):
            assert fleet_of(assemble({**asked(*ALIKE, kind="review"), **more}, NOW), "CFG-09") == {"review": FAILED}

    def test_a_recent_one_of_all_hosts_passes(self, kept: Callable[..., str]) -> None:
        given = asked(*ALIKE, review=kept(kind="review"))
        assert fleet_of(assemble(given, NOW + 89 * DAY), "CFG-09") == {"review": PASSED}

    @pytest.mark.parametrize(
        ("change", "days", "said"),
        [
            (lambda data: data, 91, "91 days ago"),
            (lambda data: data, -2, "in the future"),
            (lambda data: {**data, "made": None}, 1, "does not say when"),
            (lambda data: {**data, "kind": "audit"}, 1, "it is no review"),
            (lambda data: {**data, "hosts": {"hallway": data["hosts"]["hallway"]}}, 1, "not in it: kitchen"),
            (
                lambda data: {**data, "hosts": {**data["hosts"], "x": {"audited": False, "findings": []}}},
                1,
                "not audited in it: x",
            ),
        ],
    )
    def test_any_other_is_red(
        self, kept: Callable[..., str], change: Callable[[Any], Any], days: int, said: str
    ) -> None:
        report = assemble(asked(*ALIKE, review=kept(change, kind="review")), NOW + days * DAY)
        (item,) = [item for item in report.fleet if item.id == "CFG-09"]
        assert item.status == FAILED
        assert said in item.observed

    def test_none_at_all_is_red_where_one_is_named_and_shown_where_not(
        self, tmp_path: Path, kept: Callable[..., str]
    ) -> None:
        cases = {str(tmp_path / "none.json"): FAILED, "": NOT_ENFORCED, kept(lambda _data: "x"): ERROR}
        for path, status in cases.items():
            assert fleet_of(assemble(asked(*ALIKE, review=path), NOW), "CFG-09") == {"review": status}
        assert fleet_of(assemble(asked(*ALIKE), NOW), "CFG-09") == {}


class TestProfiles:
    def test_what_a_prometheus_recorded_judges_the_limits_of_its_host(self) -> None:
        """RES-08. What was measured in minutes is drawn, and judges nothing here."""
        for source, judged in (("prometheus", True), ("host", False)):
            report = assemble(asked(*ALIKE, profiles={"kitchen": [profile(source)]}), NOW)
            found = {item.check: item.status for item in report.hosts["kitchen"].findings if item.id == "RES-08"}
            whole = {
                item.check for item in assemble(asked(*ALIKE), NOW).hosts["kitchen"].findings if item.id == "RES-08"
            }
            assert (set(found) - whole == {"memory", "cpu", "tasks", "files"}) is judged

    @pytest.mark.parametrize("wrong", ["text", [{}], [7], [{**profile(), "advice": []}], [{**profile(), "loads": 7}]])
    def test_what_is_no_profile_is_refused_by_its_path(self, wrong: Any) -> None:
        with pytest.raises(SpecificationError, match=r"profiles\[kitchen\]"):
            assemble(asked(*ALIKE, profiles={"kitchen": wrong}), NOW)


def test_all_rooms_are_in_some_environment() -> None:
    listed = [room for rooms in fleet()["environments"].values() for room in rooms]
    assert sorted(listed) == sorted(ROOMS)


def test_it_knows_the_version_of_the_collection() -> None:
    assert version().count(".") == 2
