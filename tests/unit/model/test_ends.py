# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of an instance's ends in messages as systemd 252 and 257 write them."""

from __future__ import annotations

import inspect

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host import keeper, liveness
from ansible_collections.hardened.librespot.plugins.module_utils.model.ends import SILENT, Ends, Entry

UNIT = "librespot-kitchen.service"
WATCHDOG = "librespot-kitchen-watchdog.service"
STARTING = "7d4958e842da4a758f6c1cdc7b36dcc5"
STOPPING = "de5b426a63be47a7b6ac3eaac82e2f6f"
FAILED = "d9b373ed55a64feb8242e02dbe79a49c"
AGAIN = "5eb03494b6584870a536b337290809b3"


def said(message: str, result: str = "", pid: str = "1", unit: str = UNIT) -> Entry:
    return {"_PID": pid, "UNIT": unit, "MESSAGE_ID": message, **({"UNIT_RESULT": result} if result else {})}


def read(*entries: Entry) -> tuple[int, dict[str, int]]:
    """Return the starts, and the failures of which there are any."""
    ends = Ends(UNIT, WATCHDOG, UNIT)
    for entry in entries:
        ends.read([entry])
    return ends.starts, {name: count for name, count in ends.failures.items() if count}


def test_one_that_the_kernel_has_ended() -> None:
    assert read(said(FAILED, "oom-kill"), said(AGAIN), said(STARTING)) == (1, {"oom-kill": 1})


def test_one_that_has_ended_by_itself() -> None:
    assert read(said(AGAIN), said(STARTING), said(AGAIN), said(STARTING)) == (2, {"success": 2})


def test_a_crash_loop() -> None:
    assert read(*[said(FAILED, "exit-code"), said(AGAIN), said(STARTING)] * 5) == (5, {"exit-code": 5})


def test_what_was_asked_for_is_no_failure_however_it_ends() -> None:
    assert read(said(STOPPING), said(FAILED, "timeout"), said(STARTING)) == (1, {})
    assert read(said(STOPPING), said(STARTING), said(FAILED, "signal")) == (1, {"signal": 1})


def test_one_that_was_silent() -> None:
    told = {"_SYSTEMD_UNIT": WATCHDOG, "MESSAGE": f"{UNIT}{SILENT}"}
    assert read(told, said(STOPPING), said(FAILED, "timeout"), said(STARTING)) == (1, {"watchdog": 1})
    assert read({"_SYSTEMD_UNIT": WATCHDOG, "MESSAGE": f"{UNIT} is up but moved: restarting it"}) == (0, {})


@pytest.mark.parametrize(
    "entry",
    [
        said(FAILED, "oom-kill", pid="4711"),
        said(FAILED, "oom-kill", unit="librespot-bedroom.service"),
        {"_SYSTEMD_UNIT": "evil.service", "MESSAGE": f"{UNIT}{SILENT}"},
        {"MESSAGE": f"{UNIT}{SILENT}"},
        {},
    ],
)
def test_nobody_else_is_believed(entry: Entry) -> None:
    assert read(entry) == (0, {})


@pytest.mark.parametrize("program", [liveness, keeper])
def test_the_watchdogs_say_it_so(program: object) -> None:
    start, middle, end = SILENT.partition(" gives no sign of life")
    source = inspect.getsource(program)  # type: ignore[arg-type]
    assert all(part in source for part in (start, middle.strip(), end))
