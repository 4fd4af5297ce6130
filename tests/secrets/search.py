# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks for a secret until its input is closed: in every process that can be read, and in every file below PLACES.

The first line of input is the list of the secret's forms, so that they never stand on a command line. What is found is
printed as a list of places, files with their mode and owner.
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import threading
from collections.abc import Iterator

CHUNK = 1 << 22
OVERLAP = 1 << 10
PAUSE_S = 0.05
OF_A_PROCESS = ("cmdline", "environ", "comm", "maps")


class Search:
    """What was found so far, and which files need no second look."""

    def __init__(self, forms: list[str], places: list[str]) -> None:
        self._forms = re.compile(b"|".join(re.escape(form.encode()) for form in forms))
        self._places = places
        self._seen: dict[str, tuple[int, int, int]] = {}
        self.found: set[str] = set()
        self.looked = 0

    def look(self) -> None:
        """Look once everywhere."""
        self._processes()
        for place in self._places:
            for path, known in files(place):
                if self._seen.get(path) != known:
                    self._seen[path] = known
                    self._file(path)

    def _processes(self) -> None:
        for pid in filter(str.isdigit, os.listdir("/proc")):
            for name in OF_A_PROCESS:
                try:
                    with open(f"/proc/{pid}/{name}", "rb") as handle:
                        text = handle.read()
                except OSError:
                    continue
                self.looked += 1
                if self._forms.search(text):
                    self.found.add(f"process {name}")

    def _file(self, path: str) -> None:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return
        with os.fdopen(descriptor, "rb") as handle:
            self.looked += 1
            before = b""
            while chunk := handle.read(CHUNK):
                if self._forms.search(before + chunk):
                    mode = os.fstat(descriptor)
                    self.found.add(f"{path} {stat.S_IMODE(mode.st_mode):04o} {mode.st_uid}:{mode.st_gid}")
                before = chunk[-OVERLAP:]


def files(place: str) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Yield the regular files below *place* on its file system, each with what changes when it does."""
    device = os.stat(place).st_dev
    for top, directories, names in os.walk(place):
        directories[:] = [name for name in directories if _device(os.path.join(top, name)) == device]
        for name in names:
            path = os.path.join(top, name)
            try:
                found = os.lstat(path)
            except OSError:
                continue
            if stat.S_ISREG(found.st_mode):
                yield path, (found.st_ino, found.st_mtime_ns, found.st_size)


def _device(path: str) -> int:
    try:
        return os.lstat(path).st_dev
    except OSError:
        return -1


def wait(over: threading.Event) -> None:
    """Set *over* at the end of input."""
    sys.stdin.read()
    over.set()


def main() -> None:
    """Look again and again, and at least once, until input ends."""
    forms = json.loads(sys.stdin.readline())
    search, over = Search(forms, sys.argv[1:]), threading.Event()
    threading.Thread(target=wait, args=(over,), daemon=True).start()
    rounds = 0
    while not rounds or not over.wait(PAUSE_S):
        search.look()
        rounds += 1
    json.dump({"found": sorted(search.found), "looked": search.looked, "rounds": rounds}, sys.stdout)


if __name__ == "__main__":
    main()
