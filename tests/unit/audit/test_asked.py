# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit expects of the monitor is what the module ``monitoring`` sets up, by the same options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.audit import asked as module
from ansible_collections.hardened.librespot.plugins.module_utils.audit.asked import Asked
from ansible_collections.hardened.librespot.plugins.module_utils.audit.expected import Expected
from ansible_collections.hardened.librespot.plugins.module_utils.audit.scheduled_audit import NOT_REVIEWED
from ansible_collections.hardened.librespot.plugins.module_utils.model.audit_options import EXPECTATION_OPTIONS
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.planners.monitoring import (
    Archives,
    monitoring_planners,
    settings_of,
)
from tests.unit.modules.machine import Machine

NOTIFY = {"webhooks": [{"url": "https://hook.example.org/x"}]}
SPEC = parse_specification("0.8.0", [{"name": "kitchen"}], {}, {})


@pytest.mark.parametrize("notify", [{}, NOTIFY])
def test_the_monitor_of_a_host_that_tells_by_itself_is_no_drift(
    notify: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {
        **{name: option.get("default") for name, option in EXPECTATION_OPTIONS.items()},
        "engine": "docker",
        "announce": True,
        "monitored": True,
        "notify": notify,
        "monitoring": {"interval": 7, "textfile_directory": "/metrics"},
    }
    archives, host = Archives(b"monitor", b"grants"), Machine(tmp_path).host()
    seen: list[Expected] = []
    monkeypatch.setattr(module, "audit", lambda *words: seen.append(words[-1]))
    Asked(given, lambda: archives).audit(host, SPEC, False, NOT_REVIEWED)
    watched = seen[0].watched
    assert watched
    expected = [(item.subject, item.wanted()) for item in watched.planners(host, SPEC, "docker")]
    settings = settings_of(SPEC, "docker", 7, "/metrics", told=bool(notify))
    assert expected == [(item.subject, item.wanted()) for item in monitoring_planners(host, SPEC, settings, archives)]
