# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes what each task changed, one line of JSON for each playbook, where the tests find it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.executor.stats import AggregateStats
from ansible.executor.task_result import TaskResult
from ansible.playbook import Playbook
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: record
type: notification
short_description: Record what tasks changed
description: One line of JSON for each playbook, in runs.jsonl in the directory of the scenario.
"""

FILE = "runs.jsonl"


class CallbackModule(CallbackBase):
    """Records changed tasks."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "record"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._playbook = ""
        self._check = False
        self._changed: list[list[Any]] = []

    def v2_playbook_on_start(self, playbook: Playbook) -> None:
        """Note which playbook this is."""
        self._playbook = Path(str(playbook._file_name)).name

    def v2_runner_on_ok(self, result: TaskResult) -> None:
        """Note a task that changed something, with what it says of it."""
        self._check = self._check or bool(result._task.check_mode)
        if result._result.get("changed"):
            said = result._result.get("changes", [])
            self._changed.append([result._host.get_name(), result._task.get_name(), said])

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        """Write the line."""
        line = {
            "playbook": self._playbook,
            "check": self._check,
            "hosts": sorted(stats.processed),
            "changed": self._changed,
        }
        with (Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / FILE).open("a", encoding="utf-8") as stream:
            print(json.dumps(line), file=stream)
