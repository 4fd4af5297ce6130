# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands of the lab: captured, or written to a log whose end is shown when they fail."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.lab.errors import LabError

TAIL_LINES = 15


def attempt(argv: Sequence[str], timeout_s: float | None = None) -> subprocess.CompletedProcess[str]:
    """Run *argv* and return its result whatever its status; a missing program is status 127."""
    try:
        return subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(argv, 127, "", f"{argv[0]} is not installed")


def output(argv: Sequence[str]) -> str:
    """Run *argv* and return what it printed, stripped.

    Raises LabError when it fails.
    """
    result = attempt(argv)
    if result.returncode:
        raise LabError(f"{shlex.join(argv)} failed: {tail(result.stderr or result.stdout)}")
    return result.stdout.strip()


def logged(argv: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
    """Run *argv* with all its output appended to *log*; *env* is added to the environment.

    Raises LabError with the end of that output when it fails.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a+", encoding="utf-8", errors="replace") as stream:
        start = stream.tell()
        print(f"$ {shlex.join(argv)}", file=stream, flush=True)
        try:
            status = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                check=False,
            ).returncode
        except FileNotFoundError as error:
            raise LabError(f"{argv[0]} is not installed") from error
        if status:
            stream.seek(start)
            raise LabError(
                f"{shlex.join(argv)} ended with status {status}:\n{tail(stream.read())}",
                f"The whole output is in {log}",
            )


def tail(text: str) -> str:
    """Return the last lines of *text*."""
    return "\n".join(text.strip().splitlines()[-TAIL_LINES:])
