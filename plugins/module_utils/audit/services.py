# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CON-10: what instances in containers need of the host's services, now and after a boot: the engine, and avahi.

avahi's settings are read from its file, as apply reads them: what it read when it was started is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..host.engine import Engine
from ..host.engines import AnyEngine
from ..model.finding import NOT_APPLICABLE, Finding
from ..planners.announcement import AVAHI, AVAHI_UNIT, announced, muted
from ..planners.base import HOST
from ..render.watchdog import TIMER
from .context import Context, finding, guarded

_CONTROL = "CON-10"
_SERVICE, _SOCKET = "docker.service", "docker.socket"

UNITS = (_SERVICE, _SOCKET, TIMER, AVAHI_UNIT)
"""Those that are asked for."""


def look(engine: AnyEngine, announce: bool, context: Context) -> Iterator[Finding]:
    """Yield CON-10 of the host. What runs Podman's containers are services that systemd makes at each boot."""
    if context.spec.present and isinstance(engine, Engine):
        yield from guarded(_CONTROL, "boot", HOST, partial(_boot, context))
    if announce and announced(context.spec):
        yield from guarded(_CONTROL, "announced", HOST, partial(_announced, context))


def _boot(context: Context) -> Iterator[Finding]:
    """Judge what starts the engine at boot: its service; or its socket, to which our timer connects some seconds later.

    The timer is judged as drift. Without it the socket alone starts nothing.
    """
    units = (_SERVICE, _SOCKET, TIMER)
    service, socket, timer = (context.host.systemd.show(x, ["LoadState", "UnitFileState"]) for x in units)
    states = {name: item.get("UnitFileState", "") or "not there" for name, item in zip(units, (service, socket, timer))}
    unknown = service.get("LoadState") == "not-found"
    masked = service.get("LoadState") == "masked"
    asked = states[_SOCKET] == states[TIMER] == "enabled"
    yield finding(
        _CONTROL,
        "boot",
        HOST,
        not masked and (states[_SERVICE] == "enabled" or asked),
        f"{_SERVICE} starts at boot, or when {TIMER} connects to {_SOCKET}",
        f"another unit than {_SERVICE} runs the engine" if unknown else ", ".join(f"{x} is {states[x]}" for x in units),
        "systemctl show: UnitFileState",
        NOT_APPLICABLE if unknown else "",
        f"Let the engine start at boot: systemctl {'unmask' if masked else 'enable'} {_SERVICE}",
    )


def _announced(context: Context) -> Iterator[Finding]:
    found = muted(context.host, context.spec)
    expected = "avahi runs, starts at boot, and announces the instances on the interfaces that they answer on"
    yield finding(
        _CONTROL,
        "announced",
        HOST,
        not found,
        expected,
        "; ".join(item.message for item in found) or expected,
        f"systemctl show {AVAHI_UNIT}: ActiveState, UnitFileState; {AVAHI}",
        remedy="; ".join(item.remedy for item in found),
    )
