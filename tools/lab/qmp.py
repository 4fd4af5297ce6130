# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The few commands of QEMU's control protocol that freezing a machine takes."""

from __future__ import annotations

import json
import subprocess
import time
from typing import IO, Any

from tools.lab.errors import LabError


class Monitor:
    """Speaks with a QEMU that was started with ``-qmp stdio`` and pipes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("the monitor needs the pipes of QEMU's standard input and output")
        self._input: IO[str] = process.stdin
        self._output: IO[str] = process.stdout
        self._read()
        self.do("qmp_capabilities")

    def do(self, command: str, **arguments: object) -> Any:
        """Run *command* and return its answer.

        Raises LabError when QEMU refuses it or has ended.
        """
        self._input.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._input.flush()
        while True:
            answer = self._read()
            if "error" in answer:
                raise LabError(f"QEMU refuses {command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def save(self, shell: str, timeout_s: float) -> None:
        """Pipe the machine's memory and devices into the command *shell*; it is stopped when that is complete.

        It is not stopped before: what was saved of a stopped machine wakes up stopped.
        """
        self.do("migrate-set-parameters", **{"max-bandwidth": 2**40, "downtime-limit": 60_000})
        self.do("migrate", uri=f"exec:{shell}")
        deadline = time.monotonic() + timeout_s
        while (status := self.do("query-migrate").get("status")) != "completed":
            if status == "failed" or time.monotonic() > deadline:
                raise LabError(f"the machine's memory could not be saved: {status}")
            time.sleep(0.2)

    def _read(self) -> dict[str, Any]:
        line = self._output.readline()
        if not line:
            raise LabError("QEMU ended unexpectedly")
        answer: dict[str, Any] = json.loads(line)
        return answer
