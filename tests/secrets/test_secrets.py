# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stored login that is given from Vault is found only where it must be."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.secrets import canary
from tests.secrets.canary import Canary
from tests.secrets.deployment import Deployment, Finds
from tests.support.plays import Run

FILE = "/etc/librespot/credentials/kitchen.json"
GIVEN = "/run/credentials/librespot-kitchen.service/credentials.json"
NEW = r"/etc/librespot/credentials/\.librespot-new-[0-9a-f]+ 0[46]00 0:0"
"""The file on its way to its place, in the directory that only root can enter."""


def elsewhere(found: set[str]) -> list[str]:
    """Return what was found where the login has no business."""
    right = rf"{re.escape(FILE)} 0400 0:0|{re.escape(GIVEN)} 04[04]0 \d+:\d+|{NEW}"
    return sorted(place for place in found if not re.fullmatch(right, place))


def test_the_host_while_runs_go_on(finds: Finds) -> None:
    assert finds.looks > 3
    assert elsewhere(finds.host) == []
    assert f"{FILE} 0400 0:0" in finds.host


def test_the_host_at_rest(finds: Finds) -> None:
    assert elsewhere(finds.at_rest) == []
    assert f"{FILE} 0400 0:0" in finds.at_rest


def test_the_instance_has_it_and_no_one_else(finds: Finds, deployment: Deployment) -> None:
    host = deployment.host
    pid = host.out("systemctl", "show", "--property=MainPID", "--value", "librespot-kitchen.service").strip()
    inside = host.out("cat", f"/proc/{pid}/root{GIVEN}")
    assert finds.seen_in(inside)
    for path in (FILE, GIVEN):
        refused = host.run("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "cat", path)
        assert refused.returncode != 0
        assert "Permission denied" in refused.stderr


def test_the_journal(finds: Finds) -> None:
    assert "librespot-kitchen.service" in finds.journal
    assert finds.seen_in(finds.journal) == []


def test_the_controller_while_runs_go_on(finds: Finds) -> None:
    assert finds.controller == set()


def test_what_the_runs_printed(finds: Finds) -> None:
    assert f"{FILE}" in finds.printed
    assert "(secret, not shown)" in finds.printed
    assert finds.seen_in(finds.printed) == []


def test_no_module_was_sent_as_a_file(finds: Finds) -> None:
    assert re.findall(r"PUT \S+ TO \S*AnsiballZ_(?:preflight|settings|unit|audit)\.py", finds.printed) == []


def test_what_the_modules_returned_and_what_was_logged(finds: Finds) -> None:
    assert any("results_settings" in name for name in finds.kept)
    assert any("ansible.log" in name for name in finds.kept)
    assert {name: finds.seen_in(text) for name, text in finds.kept.items() if finds.seen_in(text)} == {}


def test_a_change_of_the_login_is_said_without_it(finds: Finds) -> None:
    (returned,) = (json.loads(text) for name, text in finds.kept.items() if name == "True () results_settings.json")
    assert returned["changes"] == [f"{FILE}: content"]
    assert [item["before_header"] for item in returned["diff"]] == [FILE]


@pytest.mark.parametrize(
    ("wrap", "said"),
    [
        (lambda login: {"kitchen": login}, "is not the text of a credentials.json"),
        (lambda login: {"kitchen": [login]}, "is not the text of a credentials.json"),
        (lambda login: {"kichten": f'{{"a": "{login}"}}'}, "librespot_credentials.kichten: is not known"),
        (lambda login: [login], "dict"),
        (lambda login: f"{login}", "dict"),
        (lambda login: f"kitchen={login}", "is not the text of a credentials.json"),
        (lambda login: json.dumps({"kitchen": login}), "is not the text of a credentials.json"),
    ],
    ids=["text", "list", "unknown-instance", "list-of-all", "text-of-all", "pair", "json"],
)
def test_a_login_that_is_given_wrongly_is_refused_without_showing_it(
    deployment: Deployment, wrap: Any, said: str
) -> None:
    login = canary.fresh()
    run = deployment.mislead([{"name": "kitchen"}], wrap(login.core))
    assert_refused(deployment, run, said, login)


@pytest.mark.parametrize(
    ("instance", "said"),
    [
        ({"options": {"password": "{}", "username": "{}"}}, "options."),
        ({"options": {"access-token": "{}"}}, "options.access-token"),
        ({"options": {"pasword": "{}"}}, "pasword"),
        ({"options": {"proxy": "http://user:{}@proxy.example:3128"}}, "holds a user or a password"),
        ({"credentials": "{}"}, "librespot_instances[0].credentials"),
    ],
    ids=["password", "access-token", "misspelt", "proxy", "credentials"],
)
def test_a_secret_at_the_wrong_place_is_refused_and_not_repeated(
    deployment: Deployment, instance: dict[str, Any], said: str
) -> None:
    login = canary.fresh()
    given = json.dumps([{"name": "kitchen", **instance}]).replace("{}", login.core)
    run = deployment.mislead(json.loads(given), {})
    assert_refused(deployment, run, said, login)


def assert_refused(deployment: Deployment, run: Run, said: str, login: Canary) -> None:
    finds = Finds(forms=login.forms)
    assert "refused by the module and by the role" in run.output, run.output
    assert said in run.output
    assert finds.seen_in(run.output) == []
    assert finds.seen_in(deployment.host.out("journalctl", "--output=export", "--no-pager")) == []
