# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The search finds what is there to be found: otherwise it would prove nothing."""

from __future__ import annotations

import base64
import json
import time
import urllib.parse

import pytest

from tests.secrets import canary
from tests.secrets.deployment import EVERYTHING, Deployment, Finds

LOGIN = canary.fresh()


@pytest.mark.parametrize(
    "text",
    [
        LOGIN.core,
        LOGIN.credentials,
        repr(json.dumps(LOGIN.credentials)),
        urllib.parse.quote(LOGIN.credentials),
        LOGIN.core.encode().hex(),
        LOGIN.core[::-1],
        f"... {LOGIN.core[:20]}… (cut)",
        f"(cut) …{LOGIN.core[10:]}",
        LOGIN.core.encode("utf-16-le").decode("ascii"),
        *(base64.b64encode(f"{'x' * before}{LOGIN.credentials}".encode()).decode() for before in range(4)),
        base64.urlsafe_b64encode(f"{LOGIN.credentials}{LOGIN.core}".encode()).decode(),
    ],
)
def test_every_form_is_recognised(text: str) -> None:
    assert Finds(forms=LOGIN.forms).seen_in(text)


def test_leaks_are_found(deployment: Deployment) -> None:
    host, login = deployment.host, canary.fresh()
    script = f"""
    umask 022
    printf 'a%.0s' $(seq 5000000) > /var/tmp/leaked
    printf '%s' '{login.core}' >> /var/tmp/leaked
    echo '{login.core}' | systemd-cat
    systemd-run --quiet --unit=leak-argument sleep 600 {login.core}1
    systemd-run --quiet --unit=leak-environment --setenv=LEAK='{login.core}' sleep 600
    """
    host.out("sh", "-eu", "-s", text=script.replace("sleep 600 ", "sh -c 'sleep 600' "))
    time.sleep(1)
    try:
        found = deployment.search(login.forms, EVERYTHING)["found"]
        journal = host.out("journalctl", "--output=export", "--no-pager")
    finally:
        host.out("systemctl", "stop", "leak-argument.service", "leak-environment.service")
        host.out("rm", "/var/tmp/leaked")
    assert {"process cmdline", "process environ", "/var/tmp/leaked 0644 0:0"} <= set(found)
    assert Finds(forms=login.forms).seen_in(journal)
