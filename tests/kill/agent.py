# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on the host under test until its input is closed, then prints what it saw.

It asks the instance at PORT for getInfo all the time, sees Ansible's modules come and go, and with a FUSE (seconds that
modules have run, all together) kills the one that runs then, unless a line of input has told it not to any more. Times
are of the monotonic clock, which a container shares with its machine.
"""

from __future__ import annotations

import glob
import http.client
import json
import os
import re
import signal
import sys
import threading
import time

LOOK_S = 0.01
ASK_S = 0.05
PAYLOAD = re.compile(r"/ansible_(?:hardened\.librespot\.)?([a-z_.]+)_payload_")


def argv(pid: str) -> list[bytes]:
    """Return the command line of a process; nothing when it is gone."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as handle:
            return handle.read().split(b"\0")[:-1]
    except OSError:
        return []


def module() -> int:
    """Return the process id of the module that runs, 0 when none does: sent as a file, or through standard input."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        words = argv(pid)
        if words == [b"/usr/bin/python3"] or (words[:1] == [b"/usr/bin/python3"] and b"AnsiballZ_" in words[1]):
            return int(pid)
    return 0


def payloads() -> set[str]:
    """Return where modules were unpacked; a module that is killed cannot clean up."""
    return set(glob.glob("/tmp/ansible_*_payload_*"))


class Ears:
    """Asks an instance for getInfo until it is told to stop, and keeps the longest time without an answer."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.longest = 0.0
        self.answers = 0

    def listen(self, over: threading.Event) -> None:
        """Ask until *over*."""
        heard = time.monotonic()
        while not over.wait(ASK_S):
            if self._answers():
                self.answers += 1
                heard, before = time.monotonic(), heard
                self.longest = max(self.longest, heard - before)
        self.longest = max(self.longest, time.monotonic() - heard)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=2)
        try:
            connection.request("GET", "/?action=getInfo")
            return b"remoteName" in connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def orders(safe: threading.Event, over: threading.Event) -> None:
    """Set *safe* at the first line of input, *over* at its end."""
    for _line in sys.stdin:
        safe.set()
    over.set()


def main() -> None:
    """Watch, kill, and tell."""
    port, fuse = int(sys.argv[1]), float(sys.argv[2])
    safe, over = threading.Event(), threading.Event()
    ears = Ears(port)
    asking = threading.Thread(target=ears.listen, args=(over,))
    asking.start()
    threading.Thread(target=orders, args=(safe, over), daemon=True).start()
    old, spent, killed = payloads(), 0.0, ""
    runs: list[dict[str, object]] = []
    before = time.monotonic()
    while not over.wait(LOOK_S):
        pid, now = module(), time.monotonic()
        if pid:
            if not runs or runs[-1]["pid"] != pid:
                runs.append({"pid": pid, "name": "", "start": now, "end": now})
            run = runs[-1]
            found = [PAYLOAD.search(path) for path in payloads() - old]
            run["name"] = run["name"] or next((match.group(1) for match in found if match), "")
            run["end"] = now
            spent += now - before
            if fuse and not killed and not safe.is_set() and spent >= fuse and run["name"]:
                os.kill(pid, signal.SIGKILL)
                killed = str(run["name"])
        else:
            old = payloads()
        before = now
    asking.join()
    json.dump(
        {"gap": ears.longest, "answers": ears.answers, "spent": spent, "killed": killed, "runs": runs}, sys.stdout
    )


if __name__ == "__main__":
    main()
