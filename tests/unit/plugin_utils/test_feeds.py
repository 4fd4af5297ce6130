# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Feeds as their servers send them, also those that are made to be a burden."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.workplace import Workplace
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.plugin_utils import feeds
from ansible_collections.hardened.librespot.plugins.plugin_utils.feeds import Entry, Look, look
from ansible_collections.hardened.librespot.plugins.plugin_utils.fetching import Answer, Client
from ansible_collections.hardened.librespot.plugins.plugin_utils.memory import Memory

URL = "https://feed.example.org/atom?token=s3cret"
GIVEN = {"name": "commits", "url": URL}
NOW = "2026-08-20T10:00:00Z"


class Server:
    """Sends *content*."""

    def __init__(self, content: str) -> None:
        self.content = content
        self.asked = ""

    def get(self, url: str, largest: int, etag: str = "") -> Answer | None:
        del largest, etag
        self.asked = url
        return Answer(self.content.encode(), "") if self.content else None


def atom(*entries: str) -> str:
    return '<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title>' + "".join(entries) + "</feed>"


def entry(identity: str, link: str = "/commit") -> str:
    named = f"<id>{identity}</id>" if identity else ""
    return f'<entry>{named}<title>t</title><link href="{link}"/></entry>'


def looked(content: str, seen: dict[str, Any] | None = None) -> Look:
    return look(GIVEN, seen or {}, cast(Client, Server(content)), NOW, "feeds[0]")


class TestToken:
    def test_it_is_asked_with_and_not_shown(self) -> None:
        server = Server(atom(entry("a", ""), entry("b")))
        found = look(GIVEN, {"ids": [], "entries": 0}, cast(Client, server), NOW, "feeds[0]")
        assert server.asked == URL
        assert found.count == len(found.new) == 2
        assert "s3cret" not in json.dumps([found.as_data(), found.state])

    @pytest.mark.parametrize("content", ["", "<html/>"])
    def test_no_error_shows_it(self, content: str) -> None:
        with pytest.raises(HostError) as caught:
            looked(content)
        assert "s3cret" not in str(caught.value)

    def test_it_is_not_written(self, tmp_path: Path) -> None:
        workplace = Workplace(Files(), str(tmp_path / "seen"))
        with workplace.occupied("a test", 1):
            memory = Memory(workplace)
            memory.fed(URL, looked(atom(entry("urn:a"))).state)
            memory.save()
            assert Memory(workplace).feed(URL)["ids"] == ["urn:a"]
            assert Memory(workplace).feed(URL.replace("s3cret", "other")) == {}
        assert "s3cret" not in (tmp_path / "seen/seen.json").read_text(encoding="utf-8")


class TestIdentity:
    def test_long_links_that_differ_at_their_end_are_two_entries(self) -> None:
        found = looked(atom(entry("", f"/{'x' * 400}/1"), entry("", f"/{'x' * 400}/2")), {"ids": [], "entries": 0})
        assert found.count == len(found.new) == 2
        assert all(len(item.id) == 64 and len(item.link) == 300 for item in found.new)

    def test_what_a_terminal_would_act_on_is_in_no_id(self) -> None:
        texts = ["urn:a\u009b31m", "urn:a\u202eb", "urn:a\u009b32m"]
        found = looked(atom(*map(entry, texts)), {"ids": [], "entries": 0})
        assert len({item.id for item in found.new}) == len(texts)
        assert all(item.id.isprintable() for item in found.new)

    def test_a_short_one_is_kept_as_it_is(self) -> None:
        assert looked(atom(entry("urn:a"))).state["ids"] == ["urn:a"]
        assert looked(atom(entry("", "https://x.example.org/1"))).state["ids"] == ["https://x.example.org/1"]


class TestSize:
    def test_each_is_looked_up_and_not_compared_with_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        hashed = []

        class Id(str):
            __slots__ = ()

            def __hash__(self) -> int:
                hashed.append(self)
                return super().__hash__()

        ids = [Id(f"urn:{number}") for number in range(300)]
        shown = [Entry("commits", identity, "", "", "") for identity in ids[1:]]
        monkeypatch.setattr(feeds, "read", lambda *_args: [*shown, Entry("commits", "urn:new", "", "", "")])
        found = looked(atom(), {"ids": ids, "entries": 300})
        assert [item.id for item in found.new] == ["urn:new"]
        assert found.state["ids"] == [ids[0], *ids[1:], "urn:new"]
        assert len(hashed) < 10 * len(ids)

    def test_more_than_a_feed_can_have_are_refused(self) -> None:
        with pytest.raises(HostError, match="has 5001 entries"):
            looked(atom(*(entry(f"urn:{number}") for number in range(5001))))
