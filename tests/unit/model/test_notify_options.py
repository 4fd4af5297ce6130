# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user writes of whom a host tells: wrong values are named, and files are called by other names there."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.notify_options import asked_notify
from ansible_collections.hardened.librespot.plugins.module_utils.render.notify_units import configuration, notify_units

MAIL = {"to": ["a@example.org"], "sender": "b@example.org", "password_file": "/etc/x/password", "username": "u"}
HOOK = {"url_file": "/etc/x/url", "secret_file": "/etc/x/secret", "ca_file": "/etc/x/ca.pem"}
BOTH = {"mail": MAIL, "webhooks": [HOOK]}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"severity": "info"}, "notify.mail: is missing, as are webhooks"),
        ({**BOTH, "pause": 4}, "notify.pause: 4 is out of range"),
        ({**BOTH, "pause": True}, "notify.pause: True is not a whole number"),
        ({**BOTH, "severity": "loud"}, "notify.severity: 'loud' is no severity"),
        ({**BOTH, "remind_after": -1}, "notify.remind_after: -1 is out of range"),
        ({**BOTH, "to": []}, "notify.to: [] is not known"),
        ({"mail": {**MAIL, "too": 1}}, "notify.mail.too: 1 is not known. Did you mean to?"),
        (
            {"mail": {**MAIL, "password_file": "/root/password"}},
            "notify.mail.password_file: '/root/password' is in a home",
        ),
        (
            {"mail": {**MAIL, "password_file": "password"}},
            "notify.mail.password_file: 'password' is not a plain absolute path",
        ),
        (
            {"webhooks": [{**HOOK, "secret_file": "/etc/%n"}]},
            "notify.webhooks[0].secret_file: '/etc/%n' is not a plain",
        ),
        ({"webhooks": 3}, "notify.webhooks: 3 is not a list"),
        ([1], "notify: [1] is not a mapping"),
    ],
)
def test_what_is_wrong_is_named(given: Any, said: str) -> None:
    with pytest.raises(SpecificationError) as error:
        asked_notify(given, "notify")
    assert str(error.value).startswith(said)


def test_nothing_said_is_nobody() -> None:
    assert asked_notify({}, "notify") is None
    assert asked_notify(None, "notify") is None


def test_the_host_gets_names_and_no_paths() -> None:
    notify = asked_notify(BOTH, "notify")
    assert notify
    placed = notify.placed("/run/credentials/x")
    assert placed.mail
    assert placed.mail["password_file"] == "/run/credentials/x/mail-password"
    assert placed.mail["ca_file"] is None
    assert placed.webhooks[0]["url_file"] == "/run/credentials/x/webhook-0-url"
    assert asked_notify(notify.as_data(), "notify") == notify
    assert "password" in configuration(notify)


class TestUnits:
    def test_each_file_is_given_as_a_credential(self) -> None:
        notify = asked_notify(BOTH, "notify")
        assert notify
        text = notify_units(notify)["/etc/systemd/system/hardened-librespot-notify.service"]
        given = [line.partition("=")[2] for line in text.splitlines() if line.startswith("LoadCredential=")]
        assert given == [
            "notify.json:/etc/librespot/notify.json",
            "mail-password:/etc/x/password",
            "webhook-0-url:/etc/x/url",
            "webhook-0-secret:/etc/x/secret",
            "webhook-0-ca:/etc/x/ca.pem",
        ]

    @pytest.mark.parametrize(
        ("hook", "reach"),
        [
            ({"url": "https://192.0.2.7:8443/x"}, ["IPAddressDeny=any", "IPAddressAllow=192.0.2.7"]),
            ({"url": "https://[2001:db8::1]/x"}, ["IPAddressDeny=any", "IPAddressAllow=2001:db8::1"]),
            ({"url": "https://example.org/x"}, None),
            ({"url_file": "/etc/x/url"}, None),
        ],
    )
    def test_what_it_may_reach(self, hook: dict[str, str], reach: list[str] | None) -> None:
        notify = asked_notify({"webhooks": [hook]}, "notify")
        assert notify
        text = notify_units(notify)["/etc/systemd/system/hardened-librespot-notify.service"]
        lines = [line for line in text.splitlines() if line.startswith("IPAddress")]
        assert lines == reach or (
            reach is None and [line[:31] for line in lines] == ["IPAddressDeny=169.254.169.254 f"]
        )
