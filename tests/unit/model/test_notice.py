# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told: text of others is text, and each thing is told once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model import told
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.notice import (
    ADVISORY,
    FAULT,
    FEED,
    KINDS,
    Item,
    Look,
    Source,
    plain,
    read_entries,
    read_items,
    read_releases,
    read_running,
    read_scans,
    running_sources,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.told import DamagedError, Memory
from ansible_collections.hardened.librespot.plugins.module_utils.render.notice import (
    Message,
    as_json,
    as_slack,
    subject,
    text,
)

TODAY = date(2026, 11, 27)
DAY = timedelta(days=1)
FINE = (Source("an index"),)
NEWS = Item("RUSTSEC-2026-0001 tokio 1.0.0", ADVISORY, "tokio: a hole", severity="high")
ENTRY = Item("blog 1", FEED, "blog: hello")


def advisory(package: str = "tokio", status: str = "open") -> dict[str, Any]:
    return {
        "status": status,
        "id": "RUSTSEC-2026-0001",
        "package": package,
        "package_version": "1.0.0",
        "title": "a hole",
        "fixed_in": [">= 2"],
        "path": ["librespot 0.8.0", "tokio 1.0.0"],
        "category": "vulnerability",
        "fix": "refresh",
        "url": "https://example.org/1",
        "judged_severity": "high",
    }


class TestText:
    @given(st.text(max_size=400), st.integers(1, 50))
    def test_it_is_one_printable_line_of_bounded_length(self, value: str, most: int) -> None:
        said = plain(value, most)
        assert said.isprintable()
        assert len(said) <= most

    @given(st.text(max_size=300), st.text(max_size=300), st.sampled_from(KINDS))
    def test_nothing_gets_out_of_its_place(self, title: str, host: str, kind: str) -> None:
        items = read_items([{"id": "1", "kind": kind, "title": f"x{title}", "text": title, "hosts": [host]}], "items")
        message = Message(
            "1", items, frozenset(), 0, "2026-11-27T00:00:00+00:00", "controller", "hardened.librespot.check"
        )
        assert subject(message).isascii()
        assert all(line.isprintable() for line in text(message).split("\n"))
        assert "<" not in as_slack(message)
        assert "\n" not in as_json(message)

    def test_the_address_of_a_page_is_whole_or_not_there(self) -> None:
        addresses = [
            "https://example.org/1",
            "javascript:alert(1)",
            f"https://{'a' * 999}",
            "https://a b",
            "https://a\n",
        ]
        items = [{"id": str(x), "kind": "feed", "title": "x", "url": url} for x, url in enumerate(addresses)]
        assert [item.url for item in read_items(items, "items")] == ["https://example.org/1", "", "", "", ""]

    @pytest.mark.parametrize(
        ("item", "path"),
        [
            ({"kind": "feed", "title": "x"}, "items[0].id"),
            ({"id": "1", "kind": "mail", "title": "x"}, "items[0].kind"),
            ({"id": "1", "kind": "feed"}, "items[0].title"),
            ({"id": "1", "kind": "feed", "title": "x", "titel": "y"}, "items[0].titel"),
            ("x", "items[0]"),
        ],
    )
    def test_what_is_no_item_is_named(self, item: Any, path: str) -> None:
        with pytest.raises(SpecificationError) as error:
            read_items([item], "items")
        assert error.value.path == path


class TestSources:
    def test_what_is_open_is_told_once_with_all_hosts(self) -> None:
        running = read_running({"kitchen": {"running": [{"release": "A"}]}, "office": {}}, "running")
        scans = [
            {"release": "A", "result": {"vulnerabilities": [advisory(), advisory("rsa", "waived")]}},
            {"hosts": ["cellar"], "result": {"vulnerabilities": [advisory()]}},
        ]
        (item,) = read_scans(scans, "scans", running)
        assert (item.hosts, item.severity, item.title) == (
            ("kitchen", "cellar"),
            "high",
            "RUSTSEC-2026-0001: tokio 1.0.0: a hole",
        )

    def test_a_host_that_gave_no_answer_was_not_looked_at(self) -> None:
        said = {
            "kitchen": {"running": [{"instance": "a", "problem": ""}]},
            "office": {"running": [{"instance": "b", "problem": "it hangs"}]},
            "cellar": {},
            "attic": {"msg": "no route"},
        }
        assert {x.name: x.error for x in running_sources(said, "running")} == {
            "host kitchen": "",
            "host office": "b: it hangs",
            "host cellar": "it was not reached",
            "host attic": "no route",
        }

    def test_no_result_of_a_scan_is_named(self) -> None:
        with pytest.raises(SpecificationError, match=r"scans\[0\]\.result"):
            read_scans([{"result": {}}], "scans", {})

    def test_entries_of_feeds_by_their_feed(self) -> None:
        entry = {"feed": "blog", "id": "1", "title": "hello", "link": "https://example.org", "published": ""}
        found = read_entries([entry, {**entry, "feed": "commits", "title": ""}], "entries")
        assert [(item.title, item.url) for item in found] == [
            ("blog: hello", "https://example.org"),
            ("commits: (without a title)", "https://example.org"),
        ]
        assert len({item.key for item in found}) == 2

    def test_newer_releases(self) -> None:
        reasons = [{"rule": "held back", "why": "you hold it back"}]
        said = {
            "releases": [
                {"version": "0.9.0", "yanked": False, "passes": False, "reasons": reasons, "rust_version": "1.90"},
                {"version": "0.8.1", "yanked": True, "passes": False, "reasons": []},
                {"version": "0.8.0", "yanked": False, "passes": True, "reasons": []},
                {"version": "0.7.1", "yanked": True, "passes": False, "reasons": []},
                {"version": "0.6.0", "yanked": False, "passes": True, "reasons": []},
            ],
            "newest": "0.9.0",
            "running_versions": ["0.8.0", "0.7.1"],
            "running_yanked": ["0.7.1"],
        }
        found = read_releases(said, "releases")
        assert [item.title for item in found] == [
            "librespot 0.7.1 runs and was yanked",
            "librespot 0.9.0 does not pass the policy",
            "librespot 0.8.1 was yanked",
        ]
        assert found[1].text == "you hold it back; needs Rust 1.90"
        # Nothing that is known runs.
        alone = read_releases({**said, "running_versions": [], "running_yanked": []}, "releases")
        assert [item.title for item in alone] == ["librespot 0.9.0 does not pass the policy"]


class TestMemory:
    def test_each_channel_is_told_once(self) -> None:
        memory = Memory().current(Look(FINE, (NEWS, ENTRY)), ["a", "b"], TODAY).after([NEWS], "a", TODAY)
        assert memory.due([NEWS, ENTRY], "a", TODAY, 0) == [ENTRY]
        assert memory.due([NEWS, ENTRY], "b", TODAY, 0) == [NEWS, ENTRY]
        assert told.decode(told.encode(memory)) == memory

    def test_a_reminder_is_of_what_goes_on(self) -> None:
        memory = Memory().after([NEWS, ENTRY], "a", TODAY)
        assert memory.due([NEWS, ENTRY], "a", TODAY + 6 * DAY, 7) == []
        assert memory.due([NEWS, ENTRY], "a", TODAY + 7 * DAY, 7) == [NEWS]

    def test_what_is_over_is_news_when_it_comes_back(self) -> None:
        memory = Memory().current(Look(FINE, (NEWS, ENTRY)), ["a"], TODAY).after([NEWS, ENTRY], "a", TODAY)
        # It may be hidden in what could not be looked at.
        broken = memory.current(Look((Source("an index", "no route"),)), ["a"], TODAY)
        assert broken.due([NEWS], "a", TODAY, 0) == []
        over = memory.current(Look(FINE), ["a"], TODAY)
        assert over.due([NEWS, ENTRY], "a", TODAY, 0) == [NEWS]
        # An entry that a feed does not show for a while is not new.
        assert memory.current(Look(FINE), ["a"], TODAY + 401 * DAY).seen == {}

    def test_a_fault_is_over_when_it_could_be_looked_at(self) -> None:
        look = Look((Source("one", "no route"), Source("two", "no disk")))
        memory = Memory().current(look, ["a"], TODAY).after(look.all_items, "a", TODAY)
        again = memory.current(Look((Source("one"), Source("two", "no disk"))), ["a"], TODAY)
        assert [item.title for item in again.due(look.all_items, "a", TODAY, 0)] == ["could not look at one"]
        # Of what was not asked this time nothing is known.
        other = memory.current(Look((Source("the check itself", "killed"),)), ["a"], TODAY)
        assert other.due(look.all_items, "a", TODAY, 0) == []

    def test_those_who_are_told_no_more_are_forgotten(self) -> None:
        memory = Memory().current(Look(FINE, (NEWS,)), ["a", "b"], TODAY).after([NEWS], "b", TODAY)
        assert set(memory.current(Look(FINE, (NEWS,)), ["a"], TODAY).told) == {"a"}

    @pytest.mark.parametrize("said", ["", "[]", "{}", '{"format": 2}', '{"format": 1, "told": {}, "seen": {"a": 1}}'])
    def test_what_is_damaged_is_said_so(self, said: str) -> None:
        with pytest.raises(DamagedError):
            told.decode(said)


def test_nothing_to_look_at_is_not_complete() -> None:
    look = Look((), (ENTRY,))
    assert not look.complete
    assert [item.kind for item in look.all_items] == [FAULT, FEED]
