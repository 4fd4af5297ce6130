# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is told by Alertmanager, as a user writes it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.alert_route import Mail, Route, read_route
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError

MAIL = {"to": ["ops@example.org"], "sender": "am@example.org", "server": "mail.example.org:587"}
LOGIN = {"username": "am", "password_file": "/etc/am/password"}


def test_without_anyone_it_is_root_of_the_host() -> None:
    assert read_route(None, None) == Route(Mail())


def test_another_server_is_spoken_to_encrypted_and_the_host_itself_need_not_be() -> None:
    assert read_route(MAIL, None).mail == Mail(("ops@example.org",), "am@example.org", "mail.example.org:587", tls=True)
    local = read_route({**MAIL, "server": "localhost:25", "tls": None}, None).mail
    assert local is not None
    assert not local.tls


def test_a_webhook_alone_sends_no_mail() -> None:
    assert read_route(None, {"url": None, "url_file": "/etc/am/hook"}) == Route(None, url_file="/etc/am/hook")


@pytest.mark.parametrize(
    ("mail", "webhook", "path", "right"),
    [
        ({**MAIL, "to": []}, None, "mail.to", "addresses"),
        ({**MAIL, "to": ["ops"]}, None, "mail.to[0]", "name@example.org"),
        ({**MAIL, "to": ["a@b.org, c@d.org"]}, None, "mail.to[0]", "name@example.org"),
        ({**MAIL, "sender": "{{x}}@example.org"}, None, "mail.sender", "name@example.org"),
        ({**MAIL, "server": "mail.example.org"}, None, "mail.server", "mail.example.org:587"),
        ({**MAIL, "server": "mail.example.org:99999"}, None, "mail.server", "mail.example.org:587"),
        ({**MAIL, "username": "am"}, None, "mail.password_file", "Write both"),
        ({**MAIL, "password_file": "/etc/x"}, None, "mail.username", "Write both"),
        ({**MAIL, **LOGIN, "password_file": "x"}, None, "mail.password_file", "/a/path"),
        ({**MAIL, **LOGIN, "tls": False}, None, "mail.tls", "Write true"),
        ({**MAIL, "tls": "maybe"}, None, "mail.tls", "true or false"),
        ({**MAIL, "password": "x"}, None, "mail.password", "Did you mean password_file?"),
        (None, {"url": "ftp://example.org"}, "webhook.url", "https://"),
        (None, {"url": "https://[::1"}, "webhook.url", "https://"),
        (None, {"url": "https://a", "url_file": "/b"}, "webhook", "url, or url_file"),
        (None, {"url_file": "b"}, "webhook.url_file", "/a/path"),
    ],
)
def test_a_wrong_value_is_named(mail: Any, webhook: Any, path: str, right: str) -> None:
    with pytest.raises(SpecificationError, match=re.escape(right)) as found:
        read_route(mail, webhook)
    assert found.value.path == path


def test_a_login_in_an_address_is_not_repeated() -> None:
    with pytest.raises(SpecificationError, match="url_file") as found:
        read_route(None, {"url": "https://user:hunter22@example.org/hook"})
    assert "hunter22" not in str(found.value)
