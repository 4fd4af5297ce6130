# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host that audits itself is told: all that its inventory says, and no secret."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.audit_description import (
    decode,
    describe,
    encode,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.audit_options import (
    EXPECTATION_OPTIONS,
    AuditTimer,
    read_timer,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import parse_specification

SECRET = "bm90IGZvciBldmVyeW9uZQ=="
LOGIN = json.dumps({"username": "someone", "auth_type": 1, "auth_data": SECRET})
INSTANCES = [
    {"name": "kitchen", "bind": {"discovery": False}},
    {"name": "bedroom", "access": ["home"], "limits": {"memory": "128M"}},
]
ASKED: dict[str, Any] = {
    "version": "0.8.0",
    "instances": INSTANCES,
    "zones": {"home": {"networks": ["192.0.2.0/24"]}},
    "deployment": "systemd",
    "engine": "docker",
    "announce": True,
    **{name: option.get("default") for name, option in EXPECTATION_OPTIONS.items()},
    "upkeep": True,
    "scan_max_age": 14,
}
SPEC = parse_specification("0.8.0", INSTANCES, {"kitchen": LOGIN}, ASKED["zones"])
TEXT = encode(describe({**ASKED, "live": True, "credentials": {"kitchen": LOGIN}}, SPEC, AuditTimer("daily")))


def test_it_holds_no_secret_and_the_digest_of_one() -> None:
    assert SECRET not in TEXT
    assert "someone" not in TEXT
    assert json.loads(TEXT)["logins"] == {"kitchen": hashlib.sha256(LOGIN.encode()).hexdigest()}


def test_what_was_written_is_read() -> None:
    read = decode(TEXT.encode(), "audit.json")
    assert read.asked == ASKED
    assert read.timer == AuditTimer("daily")
    assert encode(read) == TEXT


def test_who_is_told_is_the_same_however_it_is_written() -> None:
    hook = {"url": "https://example.org/x"}
    short = describe({**ASKED, "notify": {"webhooks": [hook]}}, SPEC, AuditTimer())
    whole = describe({**ASKED, "notify": short.asked["notify"]}, SPEC, AuditTimer())
    assert encode(short) == encode(whole) != encode(describe(ASKED, SPEC, AuditTimer()))


def test_with_the_login_of_the_inventory_the_specification_is_that_of_the_inventory() -> None:
    assert decode(TEXT.encode(), "audit.json").specification(lambda _name: LOGIN.encode()) == SPEC


@pytest.mark.parametrize("found", [b"", LOGIN.encode() + b" ", b"\xff\xfe", b"{}"])
def test_any_other_login_is_not_what_is_wanted(found: bytes) -> None:
    spec = decode(TEXT.encode(), "audit.json").specification(lambda _name: found)
    assert spec.credentials["kitchen"].encode() != found
    assert spec.instances == SPEC.instances


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        TEXT.replace('"format": 1', '"format": 2').encode(),
        TEXT.replace('"upkeep"', '"keepup"').encode(),
        TEXT.replace('"logins": {', '"logins": [{').replace("\n },", "\n }],").encode(),
        b'{"format": 1, "asked": 3, "logins": {}, "timer": {}}',
    ],
)
def test_what_is_none_is_named(text: bytes) -> None:
    with pytest.raises(HostError, match=r"^/etc/librespot/audit\.json does not say what to audit: "):
        decode(text, "/etc/librespot/audit.json")


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"calendar": "daily\nExecStart=/bin/sh"}, "timer.calendar"),
        ({"calendar": "100%"}, "timer.calendar"),
        ({"random_delay": -1}, "timer.random_delay"),
        ({"random_delay": "soon"}, "timer.random_delay"),
        ({"live": "perhaps"}, "timer.live"),
        ({"interpreter": "python3"}, "timer.interpreter"),
        ({"interpreter": "/usr/bin/python3 -c pass"}, "timer.interpreter"),
        ({"calender": "daily"}, "timer.calender"),
        ([], "timer"),
    ],
)
def test_a_timer_that_is_none_is_refused_by_its_path(given: Any, path: str) -> None:
    with pytest.raises(SpecificationError) as error:
        read_timer(given, "timer")
    assert error.value.path == path


def test_without_a_word_it_runs_hourly_and_passively() -> None:
    assert read_timer({}, "timer") == AuditTimer("hourly", 300, False, "/usr/bin/python3")
