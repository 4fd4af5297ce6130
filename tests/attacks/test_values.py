# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hostile text in options: it reaches the process as it was written, or is refused with where it stands.

Every option and every text is tried on the model in tests/unit; here a few travel the whole way, from variables through
Ansible and systemd to the environment of the running librespot.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.attacks.deployment import (
    APPLY,
    BEDROOM,
    KITCHEN,
    NEIGHBOUR,
    NEIGHBOUR_PORT,
    OURS,
    PORT,
    ZONES,
    apply,
    specified,
)
from tests.attacks.hosts import Target
from tests.support.plays import Controller

LITERAL = {
    OURS: "100% %n %% $HOME ${PATH} $$ $(reboot) `id` \"d\" 's' \\n \\x41 \\",
    NEIGHBOUR: 'x" LIBRESPOT_ONEVENT="/bin/sh # ; --onevent sh -v Küche 厨房',
}
REFUSED = {
    "newline": "Kitchen\nLIBRESPOT_ONEVENT=/bin/sh",
    "return": "Kitchen\rExecStart=/bin/sh",
    "nul": "Kitchen\0",
    "escape": "\x1b[2J",
    "direction mark": "Kitchen \u202egnp.exe",
    "isolate": "\u2066Kitchen",
    "64 KiB": "x" * 65536,
    "empty": "",
}
TEMPLATE = "{{ lookup('pipe', 'touch /tmp/attacked') }}{% raw %}"


@pytest.fixture
def controller(host: Target, tmp_path: Path) -> Controller:
    """Return the controller of the host."""
    return Controller(host, tmp_path)


def environment(host: Target, unit: str = OURS) -> dict[str, str]:
    """Return the environment of the running instance."""
    text = host.out("cat", f"/proc/{host.process(unit)}/environ")
    return dict(item.split("=", 1) for item in text.split("\0") if item)


def test_hostile_text_arrives_literally(host: Target, controller: Controller) -> None:
    usual = environment(host)
    named = [
        {**item, "options": {"name": text}} for item, text in zip((KITCHEN, BEDROOM), LITERAL.values(), strict=True)
    ]
    controller.converge(APPLY, specified(named))
    for (unit, text), port in zip(LITERAL.items(), (PORT, NEIGHBOUR_PORT), strict=True):
        found = environment(host, unit)
        assert found["LIBRESPOT_NAME"] == text
        assert found.keys() == usual.keys()
        assert (host.answer(port) or {}).get("remoteName") == text
    controller.converge(APPLY, specified())


@pytest.mark.parametrize("text", REFUSED.values(), ids=list(REFUSED))
def test_hostile_text_is_refused(host: Target, controller: Controller, text: str) -> None:
    before = environment(host), host.process(OURS)
    run = apply(controller, [{**KITCHEN, "options": {"name": text}}, BEDROOM])
    assert run.status != 0
    assert "librespot_instances[0].options.name" in run.output
    assert (environment(host), host.process(OURS)) == before


def test_template_in_a_value_is_not_run(host: Target, controller: Controller, tmp_path: Path) -> None:
    vault = tmp_path / "unsafe.yml"
    vault.write_text(
        f"librespot_zones: {json.dumps(ZONES)}\n"
        "librespot_instances:\n"
        f"  - {{name: kitchen, port: {PORT}, access: [lab], options: {{name: !unsafe {json.dumps(TEMPLATE)}}}}}\n"
        f"  - {json.dumps(BEDROOM)}\n",
        encoding="utf-8",
    )
    run = controller.run(APPLY, {}, ["--extra-vars", f"@{vault}"])
    assert run.status == 0, run.output
    assert environment(host)["LIBRESPOT_NAME"] == TEMPLATE
    assert not Path("/tmp/attacked").exists()
    controller.converge(APPLY, specified())
