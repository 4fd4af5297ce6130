# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong on a host is told by a real Alertmanager, soon after the rule's time is over, and so is its end.

The rules are as the module writes them, with their own thresholds and times.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.deployment import APPLY, OURS
from tests.attacks.hosts import Target
from tests.attacks.tables import show
from tests.delivery import causes
from tests.delivery.watched import LIMITED, SPEAKER, VARIABLES
from tests.support.plays import Controller
from tests.support.prometheus import RESOLVED, Told, Watch

SOON_S = 60
"""How long it may take beyond what a rule waits: looks of the monitor, those of Prometheus, and the route."""
THROTTLED_S = 600 + 300 + SOON_S
"""The rule waits for as long, once the share of five minutes is above its threshold."""
OVER_S = 1500
"""Within which all that happens once is over: what rules look back on, and what holds their alerts."""


@dataclass(frozen=True)
class Cause:
    """What is done on which *host*, and the alert with these *labels* that comes of it within *within_s*."""

    what: str
    host: str
    act: Callable[[Any, Path], float]
    alert: str
    labels: dict[str, str] = field(default_factory=lambda: {"name": "kitchen"})
    within_s: float = SOON_S


@dataclass(frozen=True)
class Row:
    """What was told of a cause, which set in at *began*, in seconds since the epoch; *mailed* is the letter's time."""

    cause: Cause
    began: float
    told: Told
    mailed: float


CAUSES = (
    Cause(
        "a body larger than its memory",
        LIMITED,
        lambda host, _directory: causes.send_more_than_its_memory(host),
        "LibrespotOutOfMemory",
    ),
    Cause(
        "more tasks than its limit",
        LIMITED,
        lambda host, _directory: causes.start_more_than_its_tasks(host),
        "LibrespotTasksRefused",
    ),
    Cause(
        "a crash loop, by worthless logins",
        SPEAKER,
        lambda host, _directory: causes.crash_again_and_again(host),
        "LibrespotCrashLoop",
    ),
    Cause(
        "a listener that is wedged once",
        SPEAKER,
        lambda host, _directory: causes.stand_still(host, OURS),
        "LibrespotInstanceFailed",
        {"name": "kitchen", "result": "watchdog"},
    ),
    Cause(
        "a listener that is wedged again and again",
        SPEAKER,
        lambda host, _directory: causes.wedge_again_and_again(host, 120),
        "LibrespotAnswersRarely",
    ),
    Cause(
        "a file that anyone may write",
        SPEAKER,
        lambda host, _directory: causes.loosen_a_file(host),
        "LibrespotControlRed",
        {"control": "CFG-04"},
        within_s=SOON_S + 60,
    ),
    Cause(
        "a grant that has ended",
        SPEAKER,
        lambda host, directory: causes.grant_for_a_while(host, Controller(host, directory)),
        "LibrespotGrantExpired",
        {"zone": causes.GUESTS},
        within_s=SOON_S + causes.GRANT_S,
    ),
)
THROTTLED = Cause(
    "requests without end",
    LIMITED,
    lambda _host, _directory: time.time(),
    "LibrespotCpuThrottled",
    {"name": "bedroom"},
    THROTTLED_S,
)
ROWS: list[Row] = []
ENDS: dict[str, float] = {}
"""When it was told that it is over, by the cause."""


def delivered(watch: Watch, cause: Cause, began: float) -> None:
    """Wait until someone is told of the cause, by the webhook and by a letter, and keep the row."""
    told = watch.wait(cause.alert, cause.within_s, since=began, instance=cause.host, **cause.labels)
    mailed = watch.wait_letter(cause.alert, SOON_S, cause.host, since=began)
    ROWS.append(Row(cause, began, told, mailed))
    tabulate()
    assert told.annotations["summary"]


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.what)
def test_it_is_told(watch: Watch, request: pytest.FixtureRequest, cause: Cause, tmp_path: Path) -> None:
    host = request.getfixturevalue(cause.host)
    if cause.host == LIMITED:
        request.getfixturevalue("asking")
    delivered(watch, cause, cause.act(host, tmp_path))


def test_it_is_told_that_the_processor_does_not_suffice(watch: Watch, asking: causes.Asking) -> None:
    delivered(watch, THROTTLED, asking.began)


def test_it_is_told_that_all_is_over(watch: Watch, speaker: Target, asking: causes.Asking, tmp_path: Path) -> None:
    assert ROWS
    asking.end()
    Controller(speaker, tmp_path).converge(APPLY, VARIABLES)
    for row in ROWS:
        labels = {"instance": row.cause.host, **row.cause.labels}
        ended = watch.wait(row.told.name, OVER_S, since=row.told.delivered, status=RESOLVED, **labels)
        ENDS[row.cause.what] = ended.delivered
        tabulate()


def tabulate() -> None:
    """Show what is known until now."""
    show(
        "from a cause to what is told, in seconds",
        ["cause", "host", "alert", "fires after", "webhook after", "letter after", "its end told after"],
        [
            [
                row.cause.what,
                row.cause.host,
                row.told.name,
                *(f"{at - row.began:.0f}" for at in (row.told.fired, row.told.delivered, row.mailed)),
                f"{ENDS[row.cause.what] - row.began:.0f}" if row.cause.what in ENDS else "",
            ]
            for row in ROWS
        ],
    )
