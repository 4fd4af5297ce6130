# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one place that runs commands: no shell, C locale, a fixed environment, bounded time."""

from __future__ import annotations

import collections
import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..model.errors import CommandError, HostError

_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it said. *raw* is its standard output as it was."""

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str
    raw: bytes = b""


class _Process(subprocess.Popen[bytes]):
    """A program with the fixed environment and *env*; its standard output is a pipe."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], remedy: str, **options: Any) -> None:
        environment = {"PATH": _PATH, "LC_ALL": "C", "LANG": "C", **env}
        try:
            super().__init__(list(argv), env=environment, stdout=subprocess.PIPE, **options)
        except FileNotFoundError:
            raise HostError(
                f"{argv[0]} is not installed", remedy or f"Install the package that has {argv[0]}"
            ) from None


def _late(argv: Sequence[str], timeout: float, remedy: str) -> HostError:
    return HostError(
        f"{' '.join(argv)} did not end within {timeout:g} s", remedy or "Look at the host's load and try again"
    )


class Commands:
    """Runs commands on this host.

    Nothing of the caller's environment is passed on: it may hold secrets, and it changes what tools print.
    """

    def run(
        self,
        argv: Sequence[str],
        ok: Sequence[int] = (0,),
        stdin: str = "",
        timeout: float = 60,
        env: Mapping[str, str] | None = None,
        remedy: str = "",
        user: int | None = None,
        group: int | None = None,
    ) -> Result:
        """Run *argv* and return its result.

        *ok* lists the statuses that are no error (empty: any). *user* and *group* are numeric ids to run as,
        without supplementary groups. Raises `CommandError` for another status, `HostError` when the program is
        missing or still runs after *timeout* seconds.
        """
        process = _Process(
            argv,
            {"SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": "", **(env or {})},
            remedy,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            user=user,
            group=group,
            extra_groups=None if user is None else [],
        )
        with process:
            try:
                stdout, stderr = process.communicate(stdin.encode(), timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                raise _late(argv, timeout, remedy) from None
            except BaseException:
                process.kill()
                raise
        result = Result(
            tuple(argv),
            process.returncode,
            stdout.decode("utf-8", "replace"),
            stderr.decode("utf-8", "replace"),
            stdout,
        )
        if ok and result.returncode not in ok:
            raise CommandError(result.argv, result.returncode, result.stderr or result.stdout, remedy)
        return result

    def stream(
        self,
        argv: Sequence[str],
        on_line: Callable[[str], bool],
        cwd: str,
        env: Mapping[str, str],
        timeout: float,
        remedy: str = "",
    ) -> None:
        """Run *argv* in *cwd* and pass each line of its two outputs to *on_line* as it comes.

        *on_line* says whether it could read the line; what it could not is for people, and quoted in the error.
        *env* is added to the fixed environment. Raises `CommandError` with the last lines for a status that is not 0,
        `HostError` when the program is missing or still runs after *timeout* seconds; its children are then ended too.
        """
        process = _Process(
            argv,
            env,
            remedy,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            start_new_session=True,
        )
        late = threading.Event()

        def end() -> None:
            late.set()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(timeout, end)
        timer.start()
        tail: collections.deque[str] = collections.deque(maxlen=40)
        try:
            with process:
                for raw in process.stdout or ():
                    line = raw.decode("utf-8", "replace").rstrip("\n")
                    if not on_line(line):
                        tail.append(line)
        except BaseException:
            end()
            raise
        finally:
            timer.cancel()
        if late.is_set():
            raise _late(argv, timeout, remedy)
        if process.returncode != 0:
            raise CommandError(tuple(argv), process.returncode, "\n".join(tail), remedy)


def machine() -> str:
    """Return the hardware name of this host, as the kernel says it (``x86_64``, ``aarch64``, ``armv7l``)."""
    return os.uname().machine
