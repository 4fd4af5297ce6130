# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where messages may go, and that each channel gets what it has not delivered, and nothing twice."""

from __future__ import annotations

import json
import os
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import (
    HostError,
    LibrespotError,
    SpecificationError,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.notice import FEED, Item, Look, Source
from ansible_collections.hardened.librespot.plugins.module_utils.model.notice_options import NOTICE_OPTIONS
from ansible_collections.hardened.librespot.plugins.module_utils.notify.channel import UndeliveredError
from ansible_collections.hardened.librespot.plugins.module_utils.notify.mail import mails
from ansible_collections.hardened.librespot.plugins.module_utils.notify.secret import secret_of
from ansible_collections.hardened.librespot.plugins.module_utils.notify.webhook import webhooks
from ansible_collections.hardened.librespot.plugins.module_utils.render.notice import Message
from ansible_collections.hardened.librespot.plugins.plugin_utils.noticing import Noticing, Paths, paths, told_itself

MAIL = {"to": ["ops@example.org"], "sender": "librespot@example.org", "host": "mail.example.org"}
TODAY = date(2026, 11, 27)


def asked(**options: Any) -> dict[str, Any]:
    """Return the options as the action has them."""
    given = {"sources": [], "state": "/told", **options}
    validated = ArgumentSpecValidator(deepcopy(NOTICE_OPTIONS)).validate(given)
    assert not validated.error_messages, validated.error_messages
    found: dict[str, Any] = validated.validated_parameters
    return found


class TestMail:
    def test_each_recipient_is_a_channel_once(self) -> None:
        found = mails(asked(mail={**MAIL, "to": ["a@example.org", "b@example.org", "a@example.org"]})["mail"], 5)
        assert [item.name for item in found] == ["mail to a@example.org", "mail to b@example.org"]

    def test_nothing_is_sent_when_nobody_is_named(self) -> None:
        assert mails(asked()["mail"], 5) == []

    @pytest.mark.parametrize(
        ("wrong", "path"),
        [
            ({"to": []}, "mail.to"),
            ({"to": ["a@example.org, b@example.org"]}, "mail.to[0]"),
            ({"to": ["a@example.org\nBcc: b@example.org"]}, "mail.to[0]"),
            ({"to": ["Ops <a@example.org>"]}, "mail.to[0]"),
            ({"to": ["ops"]}, "mail.to[0]"),
            ({"sender": "librespot@example.org\r\nX: y"}, "mail.sender"),
            ({"port": 0}, "mail.port"),
            ({"username": "someone"}, "mail.username"),
            ({"password_file": "/secret"}, "mail.username"),
            ({"tls": "none"}, "mail.host"),
            ({"tls": "none", "unencrypted": "a tunnel", "username": "x", "password_file": "/y"}, "mail.tls"),
        ],
    )
    def test_what_is_wrong_is_named(self, wrong: dict[str, Any], path: str) -> None:
        with pytest.raises(SpecificationError) as error:
            mails(asked(mail={**MAIL, **wrong})["mail"], 5)
        assert error.value.path == path

    def test_a_login_in_the_name_of_the_server_is_not_shown(self) -> None:
        with pytest.raises(SpecificationError, match=r"^mail\.host: is no name") as error:
            mails(asked(mail={**MAIL, "host": "me:s3cret@example.org"})["mail"], 5)
        assert "s3cret" not in str(error.value)

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
    def test_it_needs_no_encryption_on_this_machine(self, host: str) -> None:
        (found,) = mails(asked(mail={**MAIL, "tls": "none", "host": host})["mail"], 5)
        assert found.unencrypted == ""

    def test_what_has_a_reason_is_repeated(self) -> None:
        (found,) = mails(asked(mail={**MAIL, "tls": "none", "unencrypted": "a tunnel"})["mail"], 5)
        assert found.unencrypted == "a tunnel"


@pytest.mark.parametrize("name", ["state", "record", "metrics"])
@pytest.mark.parametrize("value", ["a\0b", "a\x1bb", "a\nb"])
def test_what_is_no_path_is_named(name: str, value: str) -> None:
    with pytest.raises(SpecificationError, match=f"^{name}: "):
        paths({"state": "/state", "record": None, "metrics": None, name: value})


class TestWebhook:
    @pytest.mark.parametrize("name", ["url_file", "secret_file", "headers_file", "ca_file"])
    def test_what_is_no_path_is_named(self, name: str) -> None:
        given = {**({} if name == "url_file" else {"url": "https://example.org/"}), name: "a\0b"}
        with pytest.raises(SpecificationError, match=rf"^webhooks\[0\]\.{name}: "):
            webhooks(asked(webhooks=[given])["webhooks"], 5)

    def test_its_name_does_not_give_its_address_away(self) -> None:
        (found,) = webhooks(asked(webhooks=[{"url": "https://hooks.example.org/services/T0/s3cret"}])["webhooks"], 5)
        assert "s3cret" not in found.name

    @pytest.mark.parametrize(
        "wrong",
        [
            {"url": "http://example.org/hook"},
            {"url": "ftp://example.org/hook"},
            {"url": "file:///etc/passwd"},
            {"url": "https://user:password@example.org/"},
            {"url": "https://example.org/a b"},
            {"url": "https://example.org/\nX: y"},
            {"url": "https:///hook"},
            {"url": "https://example.org:99999/"},
            {},
            {"url": "https://example.org/", "url_file": "/x"},
        ],
    )
    def test_what_is_wrong_is_named(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(SpecificationError) as error:
            webhooks(asked(webhooks=[wrong])["webhooks"], 5)
        assert error.value.path.startswith("webhooks[0]")

    def test_the_same_address_twice_would_be_told_twice(self) -> None:
        with pytest.raises(SpecificationError, match="is there twice"):
            webhooks(asked(webhooks=[{"url": "https://example.org/"}] * 2)["webhooks"], 5)

    def test_a_secret_address_is_in_no_error(self, tmp_path: Path) -> None:
        path = tmp_path / "url"
        path.write_text("gopher://example.org/s3cret", encoding="utf-8")
        path.chmod(0o600)
        with pytest.raises(SpecificationError) as error:
            webhooks(asked(webhooks=[{"url_file": str(path)}])["webhooks"], 5)
        assert "s3cret" not in str(error.value)

    @pytest.mark.parametrize(
        "url",
        [
            "htps://hooks.example.org/services/T0/s3cret",
            "https://me:s3cret@example.org/",
            "https://example.org/a s3cret",
            "https://example.org:s3cret/",
            "https://example.org/#s3cret",
        ],
    )
    def test_an_address_is_in_no_error(self, url: str) -> None:
        with pytest.raises(SpecificationError, match=r"^webhooks\[0\]\.url: is no address.* Write") as error:
            webhooks(asked(webhooks=[{"url": url}])["webhooks"], 5)
        assert "s3cret" not in str(error.value)

    @pytest.mark.parametrize("text", ["no colon", "Host: elsewhere", "A b: c", "Content-Length: 1", "A: \x7f"])
    def test_headers_are_headers(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "headers"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        (found,) = webhooks(asked(webhooks=[{"url": "https://127.0.0.1:1/", "headers_file": str(path)}])["webhooks"], 1)
        with pytest.raises(HostError, match=r"webhooks\[0\]\.headers_file: line 1"):
            found.send(MESSAGE)


class TestSecret:
    @pytest.mark.parametrize(
        ("text", "mode", "said"),
        [("x\n", 0o644, "every user"), ("\n", 0o600, "holds no secret"), ("x" * 99999, 0o600, "holds no secret")],
    )
    def test_a_file_that_is_none_is_refused(self, tmp_path: Path, text: str, mode: int, said: str) -> None:
        path = tmp_path / "secret"
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        with pytest.raises(HostError, match=said):
            secret_of(str(path), "mail.password_file")

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(HostError, match=r"mail\.password_file"):
            secret_of(str(tmp_path / "none"), "mail.password_file")

    def test_the_line_break_at_its_end_is_none_of_it(self, tmp_path: Path) -> None:
        path = tmp_path / "secret"
        path.write_bytes(b" a b \r\n")
        path.chmod(0o640)
        assert secret_of(str(path), "x") == " a b "


MESSAGE = Message("1", [Item("1", FEED, "hello")], frozenset(), 0, "2026-11-27T00:00:00+00:00", "here", "the test")


class Friend:
    """A channel that takes what it is given, but for the first *refusals*."""

    unencrypted = ""

    def __init__(self, name: str, refusals: int = 0, again: bool = True, error: LibrespotError | None = None) -> None:
        self.name = name
        self.refusals = refusals
        self.taken: list[Message] = []
        self._error = error or UndeliveredError("busy", "Wait", again)

    def send(self, message: Message) -> None:
        if self.refusals:
            self.refusals -= 1
            raise self._error
        self.taken.append(message)


def tell(directory: Path, look: Look, *friends: Friend, retries: int = 2) -> Any:
    files = Paths(f"{directory}/told.json", f"{directory}/record.json", f"{directory}/check.prom")
    waits: list[float] = []
    told = Noticing(files, friends, TODAY, 0, retries, waits.append).tell(look)
    return told, waits


def news(count: int) -> Look:
    return Look((Source("a feed"),), tuple(Item(f"{number:04}", FEED, f"entry {number:04}") for number in range(count)))


class TestNoticing:
    def test_it_is_tried_again_and_told_once(self, tmp_path: Path) -> None:
        friend = Friend("a", refusals=2)
        told, waits = tell(tmp_path, news(1), friend)
        assert (len(friend.taken), waits, told.record.undelivered) == (1, [1.0, 2.0], [])
        assert tell(tmp_path, news(1), friend)[0].items == {"a": []}
        assert len(friend.taken) == 1

    def test_what_is_refused_for_good_is_not_tried_again_at_once(self, tmp_path: Path) -> None:
        friend, other = Friend("a", refusals=1, again=False), Friend("b")
        told, waits = tell(tmp_path, news(1), friend, other)
        assert (waits, [item.channel for item in told.record.undelivered]) == ([], ["a"])
        tell(tmp_path, news(1), friend, other)
        assert (len(friend.taken), len(other.taken)) == (1, 1)

    def test_a_missing_secret_keeps_nobody_else_from_being_told(self, tmp_path: Path) -> None:
        friend, other = Friend("a", refusals=1, error=HostError("no password", "Write it")), Friend("b")
        told, _waits = tell(tmp_path, news(1), friend, other)
        assert told.record.undelivered[0].error == "no password. Write it"
        assert len(other.taken) == 1

    def test_much_is_told_in_parts_and_over_several_runs(self, tmp_path: Path) -> None:
        friend = Friend("a")
        expected = Noticing(Paths(f"{tmp_path}/told.json", "", ""), [friend], TODAY, 0, 0).expected(news(420))
        first, _waits = tell(tmp_path, news(420), friend)
        assert [len(message.items) for message in friend.taken] == [25] * 8
        assert [message.left for message in friend.taken][-1] == 220
        # Else the feed would be taken for seen.
        assert [(item.count, item.error) for item in first.record.undelivered] == [
            (220, "a: 220 of 420 are left, since a run tells 200. Run the check again")
        ]
        assert (expected.items, expected.record.sent) == (first.items, first.record.sent)
        assert first.record.delivered_at == 0
        assert not told_itself(Paths("", f"{tmp_path}/record.json", ""), "")
        second, _waits = tell(tmp_path, news(420), friend)
        assert [item.count for item in second.record.undelivered] == [20]
        last, _waits = tell(tmp_path, news(420), friend)
        assert (last.record.undelivered, last.record.delivered_at > 0) == ([], True)
        titles = [item.title for message in friend.taken for item in message.items]
        assert len(titles) == len(set(titles)) == 420

    def test_what_came_before_a_refusal_is_remembered(self, tmp_path: Path) -> None:
        class Tired(Friend):
            def send(self, message: Message) -> None:
                if len(self.taken) == 1:
                    raise UndeliveredError("tired", "Wait", again=False)
                super().send(message)

        tell(tmp_path, news(60), Tired("a"))
        friend = Friend("a")
        tell(tmp_path, news(60), friend)
        assert sum(len(message.items) for message in friend.taken) == 35

    def test_the_same_message_has_the_same_name(self, tmp_path: Path) -> None:
        friend = Friend("a")
        tell(tmp_path, news(1), friend)
        (tmp_path / "told.json").unlink()
        tell(tmp_path, news(1), friend)
        tell(tmp_path, news(2), friend)
        names = [message.identifier for message in friend.taken]
        assert names[0] == names[1] != names[2]

    def test_what_cannot_be_kept_is_told_all_the_same(self, tmp_path: Path) -> None:
        (tmp_path / "told.json.lock").touch()
        (tmp_path / "check.prom").mkdir()
        friend = Friend("a")
        told, _waits = tell(tmp_path, news(1), friend)
        assert len(friend.taken) == 1
        assert "a directory stands where a file belongs" in told.unwritten[0]

    def test_the_last_good_look_is_kept_by_those_that_were_not(self, tmp_path: Path) -> None:
        tell(tmp_path, news(0), Friend("a"))
        first = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
        told, _waits = tell(tmp_path, Look((Source("a feed", "no route"),)), Friend("a", refusals=9))
        assert (told.record.complete, told.record.complete_at) == (False, first["complete_at"])
        assert told.record.delivered_at == first["delivered_at"] > 0

    def test_where_nobody_is_told_there_is_no_delivery(self, tmp_path: Path) -> None:
        told, _waits = tell(tmp_path, news(1))
        assert told.record.delivered_at == 0

    def test_a_run_that_has_told_all_is_known_by_its_name(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(os.environ, "INVOCATION_ID", "abc")
        tell(tmp_path, Look((Source("a feed", "no route"),)), Friend("a"))
        files = Paths("", f"{tmp_path}/record.json", "")
        assert told_itself(files, "abc")
        assert not told_itself(files, "another")
        tell(tmp_path, news(1), Friend("a", refusals=9))
        assert not told_itself(files, "abc")
