# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook of updates over hosts that are not there: whatever becomes of them, the run says it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.hosts import CHECKOUT
from tests.support.plays import Run

GONE = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}


def update(directory: Path, *options: str, **variables: Any) -> Run:
    """Run the playbook over two hosts that are not reached."""
    inventory = directory / "inventory.json"
    group = {"hosts": {"hallway": GONE, "kitchen": GONE}, "vars": variables}
    inventory.write_text(json.dumps({"all": {"children": {"librespot": group}}}), encoding="utf-8")
    done = subprocess.run(
        ["ansible-playbook", "--inventory", str(inventory), *options, str(CHECKOUT / "playbooks/update.yml")],
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "XDG_STATE_HOME": str(directory / "state")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Run(done.returncode, done.stdout)


@pytest.mark.parametrize(("options", "hosts"), [([], ["hallway", "kitchen"]), (["--limit", "kitchen"], ["kitchen"])])
def test_a_host_that_is_not_well_fails_the_run_and_is_reported(
    tmp_path: Path, options: list[str], hosts: list[str]
) -> None:
    path = tmp_path / "report.json"
    run = update(tmp_path, *options, librespot_update_report=str(path))
    assert run.status == 2, run.output
    assert f"\n{len(hosts)} unreachable\n" in run.output
    told = json.loads(path.read_text(encoding="utf-8"))["hosts"]
    assert {name: item["outcome"] for name, item in told.items()} == dict.fromkeys(hosts, "unreachable")
