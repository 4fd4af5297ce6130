# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases, looked up in the real index and in a mirror of it that lies, fails and changes its mind."""

from __future__ import annotations

import copy
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import LibrespotError, SpecificationError
from tests.supply.conftest import TODAY, Play
from tests.supply.looks import NO_ADVISORIES, Looker
from tests.supply.mirror import CONFIG, LIBRESPOT, Mirror, atom, lines, mirror
from tests.supply.reader import locked, matches
from tests.supply.releases import crate_file, index_rows
from tests.support.documentation import blocks

Rows = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def real() -> Rows:
    """Return the rows of the real index, as another reader than ours takes them from cargo."""
    return index_rows()


@pytest.fixture
def rows(real: Rows) -> Rows:
    """Return rows that a test may change."""
    return copy.deepcopy(real)


@pytest.fixture
def server(rows: Rows) -> Iterator[Mirror]:
    """Return a mirror that serves the real rows."""
    with mirror() as found:
        found.serve(rows)
        yield found


@pytest.fixture
def looker(server: Mirror, tmp_path: Path) -> Looker:
    """Return what looks at the mirror, and does not ask for advisories."""
    return Looker(tmp_path / "cache", index=server.index, gather=["releases"], timeout=5, **NO_ADVISORIES)


class TestRealIndex:
    def test_a_play_gets_what_another_reader_finds(
        self, play: Play, real: Rows, archive: Path, locks: dict[str, Path], database: Path
    ) -> None:
        given = {"newest": 2, "engines": [{"name": "cargo-audit", "database": str(archive)}]}
        said = play(gather=["releases"], advisories=given, today=TODAY, also_running=["0.7.1", "0.4.0"])
        task = said.task
        assert said.status == 0, said.output
        assert {item["version"]: item["sha256"] for item in task["releases"]} == {
            version: row["cksum"] for version, row in real.items()
        }
        by_version = {item["version"]: item for item in task["releases"]}
        assert [version for version, item in by_version.items() if item["yanked"]] == ["0.4.0"]
        assert by_version["0.8.0"]["rust_version"] == "1.85"
        assert "rustls-tls-webpki-roots" in by_version["0.8.0"]["features"]
        assert by_version["0.8.0"]["dependencies"] == len(real["0.8.0"]["deps"])
        assert (task["newest"], task["newest_passing"], task["update"]) == ("0.8.0", "0.8.0", "0.8.0")
        assert task["newest_passing_sha256"] == real["0.8.0"]["cksum"]
        assert (task["running_yanked"], task["running_unknown"]) == (["0.4.0"], [])
        for version in ("0.8.0", "0.7.1"):
            found = by_version[version]["advisories"]["found"]
            expected = matches(database, locked(locks[version]))
            assert {(item["id"], item["package"], item["package_version"]) for item in found} == expected
            # The index has yanked this one since; cargo-audit does not tell.
            assert by_version[version]["locked"]["yanked"] == ["spin 0.9.8"]
            assert by_version[version]["locked"]["looked"] == len(locked(locks[version]))
        assert [item["rule"] for item in by_version["0.7.1"]["reasons"]] == ["gate"]
        assert "yanked" in by_version["0.4.0"]["problem"]
        assert by_version["0.6.0"]["advisories"] is None

    def test_a_second_look_finds_nothing_new(self, tmp_path: Path) -> None:
        looker = Looker(tmp_path, gather=["releases"], **NO_ADVISORIES)
        assert looker.look()["new_releases"] == []
        before = json.loads(looker.remembered())["checksums"]
        assert looker.look()["new_releases"] == []
        assert json.loads(looker.remembered())["checksums"] == before


class TestMirror:
    def test_it_is_read_as_the_real_one_is(self, looker: Looker, real: Rows) -> None:
        said = looker.look()
        assert [item["version"] for item in said["releases"]][:3] == ["0.8.0", "0.7.1", "0.7.0"]
        assert {item["version"]: item["sha256"] for item in said["releases"]} == {
            version: row["cksum"] for version, row in real.items()
        }

    def test_a_release_that_appears_is_new_once(self, looker: Looker, server: Mirror, rows: Rows) -> None:
        looker.look()
        rows["0.9.0"] = {**rows["0.8.0"], "vers": "0.9.0", "cksum": "9" * 64}
        rows["0.10.0-rc.1"] = {**rows["0.8.0"], "vers": "0.10.0-rc.1", "cksum": "a" * 64}
        server.serve(rows)
        assert looker.look(check=True)["new_releases"] == ["0.10.0-rc.1", "0.9.0"]
        assert looker.look(remember=False)["new_releases"] == ["0.10.0-rc.1", "0.9.0"]
        said = looker.look(also_running=["0.8.0"])
        assert said["new_releases"] == ["0.10.0-rc.1", "0.9.0"]
        assert (said["newest"], said["update"]) == ("0.9.0", "0.9.0")
        assert looker.look()["new_releases"] == []

    def test_what_runs_is_yanked(self, looker: Looker, server: Mirror, rows: Rows) -> None:
        assert looker.look(also_running=["0.8.0"])["running_yanked"] == []
        rows["0.8.0"]["yanked"] = True
        server.serve(rows)
        said = looker.look(also_running=["0.8.0"])
        assert said["running_yanked"] == ["0.8.0"]
        assert (said["newest"], said["newest_passing"]) == ("0.7.1", "0.7.1")
        # Whoever runs a newer one is not told to go back.
        assert said["update"] == ""

    def test_what_runs_and_is_none_of_it_is_unknown(self, looker: Looker) -> None:
        said = looker.look(also_running=["0.7.1", "0.7.9", "of-our-own"])
        assert said["running_unknown"] == ["0.7.9", "of-our-own"]
        assert said["update"] == "0.8.0"

    def test_what_has_not_changed_is_not_sent_again(self, looker: Looker, server: Mirror) -> None:
        first = looker.look()
        second = looker.look()
        assert server.statuses(LIBRESPOT) == [200, 304]
        assert second["releases"] == first["releases"]
        assert second["index"]["asked"]

    def test_a_look_that_is_young_enough_is_not_made_again(self, looker: Looker, server: Mirror) -> None:
        looker.look()
        assert not looker.look(fresh_for=5)["index"]["asked"]
        assert len(server.statuses(LIBRESPOT)) == 1

    def test_the_crate_of_a_release_is_got_from_it_and_scanned(
        self, looker: Looker, server: Mirror, archive: Path, rows: Rows, locks: dict[str, Path], database: Path
    ) -> None:
        rows["0.8.0"]["yanked"] = True
        server.serve(rows)
        server.crate("0.8.0", crate_file("0.8.0"))
        server.crate("0.7.1", crate_file("0.7.1"))
        given = {
            "newest": 1,
            "engines": [{"name": "cargo-audit", "database": str(archive)}],
            "yanked_dependencies": False,
        }
        said = looker.look(advisories=given, policy={"gate": "any"}, today=TODAY, also_running=["0.8.0"], timeout=60)
        by_version = {item["version"]: item for item in said["releases"]}
        for version in ("0.8.0", "0.7.1"):
            found = by_version[version]["advisories"]["found"]
            assert {(item["id"], item["package"], item["package_version"]) for item in found} == matches(
                database, locked(locks[version])
            )
        assert said["newest_passing"] == ""

    def test_a_crate_with_one_byte_changed_is_not_taken(
        self, looker: Looker, server: Mirror, archive: Path, real: Rows
    ) -> None:
        crate = crate_file("0.8.0")
        server.crate("0.8.0", crate[:-1] + bytes([crate[-1] ^ 1]))
        given = {"newest": 1, "engines": [{"name": "cargo-audit", "database": str(archive)}]}
        with pytest.raises(LibrespotError, match=r"librespot-0.8.0.crate has the digest") as caught:
            looker.look(advisories=given, today=TODAY)
        assert real["0.8.0"]["cksum"] in str(caught.value)
        assert looker.remembered() == ""


POLICIES = [
    ({"maximum": "0.7.1"}, "0.7.1", "maximum"),
    ({"held_back": ["0.8.0"]}, "0.7.1", "held_back"),
    ({"version": "0.7.0"}, "0.7.0", "version"),
    ({"minimum": "0.9.0"}, "", "minimum"),
    ({"rust": "1.84"}, "0.6.0", "rust"),
    ({"min_age_days": 100}, "0.7.1", "min_age_days"),
    ({"yanked": True, "maximum": "0.4.0"}, "0.4.0", "maximum"),
    ({"maximum": "0.4.0"}, "0.3.1", "maximum"),
]


@pytest.mark.parametrize(("policy", "passing", "rule"), POLICIES, ids=str)
def test_a_policy(looker: Looker, policy: dict[str, Any], passing: str, rule: str) -> None:
    # Ninety days after 0.8.0 was published.
    said = looker.look(policy={"gate": "none", **policy}, today="2026-02-08")
    assert said["newest_passing"] == passing
    (newest,) = (item for item in said["releases"] if item["version"] == "0.8.0")
    assert [reason["rule"] for reason in newest["reasons"]] == [rule]


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"policy": {"version": "0.8"}}, "policy.version"),
        ({"policy": {"minimum": "0.8.0", "maximum": "0.7.1"}}, "policy.minimum"),
        ({"policy": {"rust": "new"}}, "policy.rust"),
        ({"policy": {"min_age_days": -1}}, "policy.min_age_days"),
        ({"policy": {"held_back": ["x"]}}, "policy.held_back[0]"),
        ({"checksums": {"0.9.0": "abc"}}, "checksums[0.9.0]"),
        ({"checksums": {"0.8.0": "0" * 64}}, "checksums[0.8.0]"),
        ({"index": "ftp://127.0.0.1/"}, "index"),
        ({"index": "https://me:hidden@127.0.0.1/"}, "index"),
        ({"fresh_for": -1}, "fresh_for"),
        ({"timeout": 0}, "timeout"),
        ({"feeds": [{"name": "x", "url": "file:///etc/passwd"}], "gather": ["feeds"]}, "feeds[0].url"),
    ],
    ids=str,
)
def test_a_wrong_value_is_named(looker: Looker, options: dict[str, Any], path: str) -> None:
    with pytest.raises(SpecificationError) as caught:
        looker.look(**options)
    assert caught.value.path == path
    assert "hidden" not in str(caught.value)
    assert looker.remembered() == ""


def _tampered(rows: Rows) -> None:
    rows["0.9.0"]["cksum"] = "8" * 64


def _vanished(rows: Rows) -> None:
    del rows["0.9.0"]


def _pinned(rows: Rows) -> None:
    rows["0.8.0"]["cksum"] = "8" * 64


def _another_crate(rows: Rows) -> None:
    rows["0.8.0"]["name"] = "librespot-core"


def _no_version(rows: Rows) -> None:
    rows["0.8.0"]["vers"] = "newest"


def _twice(rows: Rows) -> None:
    rows["again"] = {**rows["0.9.0"], "cksum": "8" * 64}


def _unyanked_in_the_other_row(rows: Rows) -> None:
    rows["again"] = {**rows["0.4.0"], "yanked": False}


def _unknown_form(rows: Rows) -> None:
    rows["0.8.0"]["v"] = 9


LIES = [
    (_tampered, f"The checksum of librespot 0.9.0 has changed: .* says {'8' * 64}, .* {'9' * 64}"),
    (_vanished, f"has no more of librespot: 0.9.0 .{'9' * 64}"),
    (_pinned, f"The checksum of librespot 0.8.0 has changed: .* {'8' * 64}, the collection pins 030c5e98cc06f202"),
    (_another_crate, "was asked for librespot and says something of 'librespot-core'"),
    (_no_version, "'newest', which is no version"),
    (_twice, f"two rows for librespot 0.9.0 that contradict: checksums {'9' * 64} and {'8' * 64}"),
    (_unyanked_in_the_other_row, "two rows for librespot 0.4.0 that contradict"),
    (_unknown_form, "0.8.0 in version 9 of the format"),
]


@pytest.mark.parametrize(("lie", "message"), LIES, ids=[lie.__name__ for lie, _message in LIES])
def test_an_index_that_lies_is_caught_and_nothing_is_remembered(
    looker: Looker, server: Mirror, rows: Rows, lie: Callable[[Rows], None], message: str
) -> None:
    rows["0.9.0"] = {**rows["0.8.0"], "vers": "0.9.0", "cksum": "9" * 64}
    server.serve(rows)
    looker.look()
    before = looker.remembered()
    lie(rows)
    server.serve(rows)
    with pytest.raises(LibrespotError, match=message):
        looker.look()
    assert looker.remembered() == before


def test_another_index_cannot_lie_about_what_the_first_one_said(looker: Looker, rows: Rows) -> None:
    rows["0.9.0"] = {**rows["0.8.0"], "vers": "0.9.0", "cksum": "9" * 64}
    with mirror() as first, mirror() as second:
        first.serve(rows)
        looker.look(index=first.index)
        rows["0.9.0"]["cksum"] = "8" * 64
        second.serve(rows)
        with pytest.raises(LibrespotError, match=f"{first.index} said on .* {'9' * 64}"):
            looker.look(index=second.index)
        # Who knows better says so, and then the first one is the liar.
        assert looker.look(index=second.index, checksums={"0.9.0": "8" * 64})["newest"] == "0.9.0"
        with pytest.raises(LibrespotError, match="has changed"):
            looker.look(index=first.index)


FAULTS = [
    ("cut", {"content": -100, "promised": None}, "not JSON"),
    ("fewer bytes than promised", {"content": -100, "promised": 10**7}, "was cut off"),
    ("not an index", {"content": b"<html>sorry</html>", "promised": None}, "not JSON"),
    ("empty", {"content": b"", "promised": None}, "has no version of librespot"),
    ("forbidden", {"content": b"no", "status": 403}, "answered with status 403"),
    ("broken", {"content": b"no", "status": 500}, "answered with status 500.*last good look was 0.0 hours ago"),
    ("absent", {"content": b"no", "status": 404}, "has no crate librespot"),
    ("late", {"pause": 3.0}, "cannot be reached.*last good look was"),
    ("dripping", {"drip": 0.2}, "did not send its answer in time"),
    ("elsewhere", {"content": b"", "status": 301, "headers": {"Location": "ftp://127.0.0.1/x"}}, "another scheme"),
    ("in a circle", {"content": b"", "status": 302, "headers": {"Location": LIBRESPOT}}, "more than 5"),
]


@pytest.mark.parametrize(("how", "message"), [item[1:] for item in FAULTS], ids=[item[0] for item in FAULTS])
def test_an_answer_that_is_none_is_told_and_nothing_is_remembered(
    looker: Looker, server: Mirror, rows: Rows, how: dict[str, Any], message: str
) -> None:
    looker.look()
    before = looker.remembered()
    whole = lines({**rows, "0.9.0": {**rows["0.8.0"], "vers": "0.9.0"}})
    content = how.get("content", whole)
    rest = {name: value for name, value in how.items() if name != "content"}
    server.put(LIBRESPOT, whole[:content] if isinstance(content, int) else content, **rest)
    began = time.monotonic()
    with pytest.raises(LibrespotError, match=message):
        looker.look(timeout=2)
    assert time.monotonic() - began < 8
    assert looker.remembered() == before


def test_a_play_fails_by_a_tampered_release_and_goes_on_with_a_yanked_one(
    play: Play, server: Mirror, rows: Rows
) -> None:
    arguments: dict[str, Any] = {"index": server.index, "gather": ["releases"], "also_running": ["0.8.0"]}
    rows["0.9.0"] = {**rows["0.8.0"], "vers": "0.9.0", "cksum": "9" * 64}
    rows["0.8.0"]["yanked"] = True
    server.serve(rows)
    good = play(**arguments, **NO_ADVISORIES)
    assert (good.status, good.task["running_yanked"], good.task["update"]) == (0, ["0.8.0"], "0.9.0")
    rows["0.9.0"]["cksum"] = "8" * 64
    server.serve(rows)
    bad = play(**arguments, **NO_ADVISORIES)
    assert bad.status == 2
    assert "The checksum of librespot 0.9.0 has changed" in bad.message
    assert "8" * 64 in bad.message
    assert "9" * 64 in bad.message
    assert "do not build it" in bad.message
    assert "newest_passing" not in bad.task


@pytest.mark.parametrize(
    ("advisories", "path"),
    [
        ({"waivers": [{"id": "RUSTSEC-2023-0071"}]}, "advisories.waivers[0]"),
        ({"engines": []}, "advisories.engines"),
        ({"max_age": 1}, "advisories.engines[0]"),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_scan_is_named_as_it_is_written_here(
    looker: Looker, server: Mirror, archive: Path, advisories: dict[str, Any], path: str
) -> None:
    server.crate("0.8.0", crate_file("0.8.0"))
    engines = [{"name": "cargo-audit", "database": str(archive)}]
    given = {"newest": 1, "yanked_dependencies": False, "engines": engines, **advisories}
    with pytest.raises(LibrespotError) as caught:
        looker.look(advisories=given, today=TODAY)
    assert str(caught.value).startswith(path)
    assert looker.remembered() == ""


def test_an_answer_that_ends_between_two_rows_is_no_whole_one(looker: Looker, server: Mirror, rows: Rows) -> None:
    # Whatever was there, it would look as if 0.7.1 were the newest release.
    whole = lines(rows)
    server.put(
        LIBRESPOT, lines({version: rows[version] for version in rows if version != "0.8.0"}), promised=len(whole)
    )
    with pytest.raises(LibrespotError, match=f"bytes came of {len(whole)}"):
        looker.look()
    assert looker.remembered() == ""


class TestUnreachable:
    def test_the_first_time(self, looker: Looker, server: Mirror) -> None:
        with pytest.raises(LibrespotError, match=r"cannot be reached.*There was no good look so far"):
            looker.look(index=f"http://127.0.0.1:{_closed_port()}/")
        assert server.asked == []

    def test_the_last_look_will_do_where_it_may(self, looker: Looker, server: Mirror) -> None:
        first = looker.look()
        server.put(LIBRESPOT, b"no", status=503)
        before = looker.remembered()
        said = looker.look(stale_for=1)
        assert said["index"] | {"age_s": 0} == {**first["index"], "asked": False, "stale": True, "age_s": 0}
        assert said["releases"] == first["releases"]
        assert looker.remembered() == before
        _aged(looker, hours=2)
        with pytest.raises(LibrespotError, match=r"status 503. The last good look was 2\.0 hours ago"):
            looker.look(stale_for=1)

    def test_an_old_look_will_not_do_for_a_lie(self, looker: Looker, server: Mirror) -> None:
        looker.look()
        server.put(LIBRESPOT, b"{}\n")
        with pytest.raises(LibrespotError, match="says something of None"):
            looker.look(stale_for=1)

    def test_what_is_no_index_at_all(self, looker: Looker, server: Mirror) -> None:
        del server.answers[LIBRESPOT], server.answers[CONFIG]
        with pytest.raises(LibrespotError, match=r"has no config.json, so it is no index"):
            looker.look()

    def test_what_was_remembered_cannot_be_read(self, looker: Looker) -> None:
        looker.look()
        looker.seen.write_text(looker.remembered()[:-9], encoding="utf-8")
        with pytest.raises(LibrespotError, match=r"cannot be read.*Restore it"):
            looker.look()


class TestFeeds:
    def test_a_new_entry_is_noticed_exactly_once(self, play: Play, server: Mirror) -> None:
        feed = {"name": "commits", "url": f"{server.url}/commits.atom"}
        server.put("/commits.atom", atom("one"))
        first = play(gather=["feeds"], feeds=[feed])
        assert (first.task["feeds"][0]["first"], first.task["new_entries"]) == (True, [])
        server.put("/commits.atom", atom("two", "one"))
        second = play(gather=["feeds"], feeds=[feed])
        assert second.task["new_entries"] == [
            {
                "feed": "commits",
                "id": "urn:test:two",
                "title": "two",
                "link": "https://feed.example.org/two",
                "published": "2026-08-20T10:00:00Z",
            }
        ]
        third = play(gather=["feeds"], feeds=[feed])
        assert third.task["new_entries"] == []
        assert server.statuses("/commits.atom") == [200, 200, 304]

    def test_exactly_what_a_look_saw_is_remembered_later(self, looker: Looker, server: Mirror) -> None:
        feeds = [{"name": "commits", "url": f"{server.url}/commits.atom"}]

        def new(*shown: str) -> tuple[list[str], dict[str, Any]]:
            server.put("/commits.atom", atom(*shown))
            said = looker.look(gather=["feeds"], feeds=feeds, remember=False)
            return [item["title"] for item in said["new_entries"]], said["feeds_seen"]

        _none, first = new("one")
        assert looker.remembered() == ""
        looker.look(gather=["feeds"], feeds=feeds, feeds_seen=first, check=True)
        assert looker.remembered() == ""
        looker.look(gather=["feeds"], feeds=feeds, feeds_seen=first)
        told, second = new("two", "one")
        assert told == ["two"]
        # Another one comes before it is remembered.
        assert new("three", "two", "one")[0] == ["three", "two"]
        asked = len(server.asked)
        said = looker.look(gather=["feeds"], feeds=feeds, feeds_seen=second)
        assert ("new_entries" in said, len(server.asked)) == (False, asked)
        assert new("three", "two", "one")[0] == ["three"]

    @pytest.mark.parametrize(
        ("given", "name"),
        [
            ({"feeds_seen": {"other": {}}}, "feeds_seen"),
            ({"feeds_seen": {"commits": {"ids": "x"}}}, "feeds_seen.commits.etag"),
            ({"feeds_seen": {"commits": {"more": 1}}}, "feeds_seen.commits.more"),
            ({"feeds_seen": {"commits": {}}, "remember": False}, "remember"),
            ({"feeds_seen": {"commits": {}}, "gather": ["feeds", "releases"]}, "gather"),
        ],
    )
    def test_what_no_look_returned_is_not_remembered(
        self, looker: Looker, server: Mirror, given: dict[str, Any], name: str
    ) -> None:
        feeds = [{"name": "commits", "url": f"{server.url}/commits.atom"}]
        with pytest.raises(SpecificationError) as caught:
            looker.look(**{"gather": ["feeds"], "feeds": feeds, **given})
        assert str(caught.value).startswith(f"{name}:")
        assert looker.remembered() == ""

    def test_one_that_left_and_came_back_is_not_new(self, looker: Looker, server: Mirror) -> None:
        feeds = [{"name": "commits", "url": f"{server.url}/commits.atom"}]
        for shown in (["one"], ["two"], ["two", "one"]):
            server.put("/commits.atom", atom(*shown))
            said = looker.look(gather=["feeds"], feeds=feeds)
            assert [item["title"] for item in said["new_entries"]] == (["two"] if shown == ["two"] else [])

    @pytest.mark.parametrize("content", [atom("one")[:-30], b"<html></html>", b"", b"{}"], ids=str)
    def test_what_is_no_feed_is_told(self, looker: Looker, server: Mirror, content: bytes) -> None:
        server.put("/commits.atom", content)
        with pytest.raises(LibrespotError, match="is not a whole feed"):
            looker.look(gather=["feeds"], feeds=[{"name": "commits", "url": f"{server.url}/commits.atom"}])
        assert looker.remembered() == ""

    def test_a_broken_feed_keeps_the_releases_from_being_remembered(self, looker: Looker, server: Mirror) -> None:
        # They would be new to nobody the next time, and nobody was told of them this time.
        with pytest.raises(LibrespotError, match=r"gone.atom does not exist. Look at feeds\[0\]"):
            looker.look(gather=["releases", "feeds"], feeds=[{"name": "x", "url": f"{server.url}/gone.atom"}])
        assert looker.remembered() == ""


def test_what_is_written_about_it_runs(server: Mirror, tmp_path: Path, archive: Path) -> None:
    (text,) = blocks("docs/releases.md")
    server.put("/librespot/releases.atom", atom("one"))
    (written,) = yaml.safe_load(text.replace("https://mirror.example.org", server.url))
    # Nothing else is other than it is written: the day and the database are those that never change.
    arguments = written["tasks"][0]["hardened.librespot.release_info"]
    arguments |= {
        "today": TODAY,
        "advisories": {"newest": 1, "engines": [{"name": "cargo-audit", "database": str(archive)}]},
    }
    (tmp_path / "play.yml").write_text(json.dumps([written]), encoding="utf-8")
    argv = ["ansible-playbook", "--inventory", "localhost,", "--connection", "local", str(tmp_path / "play.yml")]
    environment = {**os.environ, "HARDENED_LIBRESPOT_CACHE": str(tmp_path / "cache"), "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"msg": "0.8.0; {' in done.stdout
    assert "'0.4.0': [{'rule': 'yanked', 'why': 'it was yanked'}" in done.stdout


def _closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _aged(looker: Looker, hours: int) -> None:
    """Let the last look have been so many hours before it was."""
    data = json.loads(looker.remembered())
    for looks in data["looks"].values():
        moment = time.time() - hours * 3600
        looks["librespot"]["looked"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
    looker.seen.write_text(json.dumps(data), encoding="utf-8")
