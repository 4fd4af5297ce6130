# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with how a host shall be monitored is said before there is anything to monitor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.hosts import CHECKOUT, Host, fresh
from tests.support.plays import Controller

SITE = CHECKOUT / "playbooks" / "site.yml"
WANTED: dict[str, Any] = {
    "librespot_instances": [{"name": "kitchen", "access": []}],
    "librespot_monitored": True,
    "librespot_monitoring_textfile_directory": "",
}


@pytest.fixture(scope="module")
def pristine() -> Iterator[Host]:
    with fresh("hardened-librespot-monitoring-refused", "debian13") as host:
        yield host


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"librespot_monitoring_interval": 0}, "interval: 0 is out of range"),
        ({"librespot_monitoring_textfile_directory": "/srv/none"}, "textfile_directory: '/srv/none' is no directory"),
        (
            {"librespot_monitoring_timer": {"calendar": "whenever"}},
            "timer.calendar: 'whenever' is no event that comes again",
        ),
        (
            {"librespot_monitoring_notify": {"webhooks": [{"url_file": "/etc/none"}]}},
            "notify.webhooks[0].url_file",
        ),
    ],
    ids=lambda item: next(iter(item)) if isinstance(item, dict) else "",
)
def test_it_is_refused_before_anything_changes(
    pristine: Host, tmp_path: Path, wrong: dict[str, Any], said: str
) -> None:
    before = pristine.snapshot()
    run = Controller(pristine, tmp_path).run(SITE, {**WANTED, **wrong})
    assert run.status != 0
    assert said in run.output
    assert run.recap(pristine)["changed"] == 0
    assert pristine.snapshot() == before
