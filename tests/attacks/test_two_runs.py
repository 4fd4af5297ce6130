# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs against one host at the same time: one waits for the other, or says who is in its way."""

from __future__ import annotations

import re
from pathlib import Path

from tests.attacks.deployment import APPLY, BEDROOM, KITCHEN, NEIGHBOUR_PORT, PORT, UNITS, specified
from tests.attacks.hosts import Target
from tests.support.plays import Controller

LOCK = "/run/hardened-librespot.lock"
HOLD = f"""\
import fcntl, os, sys, time
lock = os.open("{LOCK}", os.O_RDWR | os.O_CREAT, 0o600)
fcntl.flock(lock, fcntl.LOCK_EX)
os.ftruncate(lock, 0)
os.pwrite(lock, b"another run of alice's", 0)
print("held", flush=True)
sys.stdin.read()
"""


def named(first: str, second: str) -> dict[str, object]:
    """Return variables of a run that gives the speakers these names."""
    return specified([{**KITCHEN, "options": {"name": first}}, {**BEDROOM, "options": {"name": second}}])


def test_two_runs_at_once(host: Target, tmp_path: Path) -> None:
    controllers = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        controllers.append(Controller(host, tmp_path / name))
    runs = [controller.begin(APPLY, named(f"K{i}", f"B{i}")) for i, controller in enumerate(controllers)]
    ends = [(run.communicate(timeout=300)[0], run.returncode) for run in runs]
    assert all(status == 0 or "holds the lock" in output for output, status in ends), ends
    assert any(status == 0 for _unused, status in ends)

    # Whatever their order was: every file is one of theirs, whole, and every process runs with the file of its own.
    for port in (PORT, NEIGHBOUR_PORT):
        assert re.fullmatch("[KB][01]", str((host.answer(port) or {}).get("remoteName")))
    assert host.shell(f"ls -A {UNITS} /etc/librespot /etc/librespot/credentials | grep -F .librespot-new- || :") == ""
    controllers[0].converge(APPLY, specified())
    assert controllers[0].converge(APPLY, specified()).recap(host)["changed"] == 0
    assert (host.answer(PORT) or {}).get("remoteName") == "Kitchen"


def test_a_run_that_waits_too_long_names_the_holder(host: Target, tmp_path: Path) -> None:
    controller = Controller(host, tmp_path)
    holder = host.start("python3", "-c", HOLD)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        before = host.process("librespot-kitchen.service")
        run = controller.run(APPLY, named("Other", "Other"))
    finally:
        holder.communicate()
    assert run.status != 0
    assert "another run of alice's holds the lock" in run.output
    assert host.process("librespot-kitchen.service") == before
    assert (host.answer(PORT) or {}).get("remoteName") == "Kitchen"
