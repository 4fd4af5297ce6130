# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alertmanager takes the configuration, and sends each severity where it belongs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.alert_route import read_route
from ansible_collections.hardened.librespot.plugins.module_utils.render.alert_route import route
from ansible_collections.hardened.librespot.plugins.plugin_utils.alert_texts import yaml_text
from tests.alerts.conftest import Tools

MAIL = {
    "to": ["ops@example.org", "night@example.org"],
    "sender": "prometheus@example.org",
    "server": "mail.example.org:587",
    "username": "prometheus",
    "password_file": "/etc/prometheus/mail-password",
}
HOOK = {"url": "https://chat.example.org/hook"}


def text(mail: Mapping[str, Any] | None, webhook: Mapping[str, Any] | None) -> str:
    """Return the file."""
    return yaml_text(route(read_route(mail, webhook)), "")


@pytest.mark.parametrize(("mail", "webhook"), [(None, None), (MAIL, None), (None, HOOK), (MAIL, HOOK)])
def test_it_is_taken(tools: Tools, mail: Mapping[str, Any] | None, webhook: Mapping[str, Any] | None) -> None:
    said = tools.amtool("check-config", "am.yml", files={"am.yml": text(mail, webhook)})
    assert said.returncode == 0, said.stderr
    assert "4 receivers" in said.stdout


def test_an_address_from_a_file_takes_a_newer_one(tools: Tools) -> None:
    configuration = text(None, {"url_file": "/etc/prometheus/hook"})
    said = tools.amtool("check-config", "am.yml", files={"am.yml": configuration})
    assert (said.returncode == 0) == ("debian13" in tools.image), said.stderr


def test_each_severity_has_its_receiver(tools: Tools) -> None:
    files = {"am.yml": text(MAIL, HOOK)}
    for severity in ("critical", "warning", "info"):
        labels = ["service=librespot", f"severity={severity}", "alertname=LibrespotOutOfMemory"]
        said = tools.amtool("config", "routes", "test", "--config.file=am.yml", *labels, files=files)
        assert said.stdout.strip() == f"librespot-{severity}", said.stderr
    said = tools.amtool("config", "routes", "test", "--config.file=am.yml", "service=other", files=files)
    assert said.stdout.strip() == "others"
