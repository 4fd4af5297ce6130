# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Record the system calls of librespot, of its player, of the health check, and of the runtime that starts them.

``python3 -m tests.harness.record IMAGE`` takes an archive of the module ``image_build``, runs what is in it on a
throwaway host of each Debian with an engine under strace, and writes what was called to the model.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from ansible_collections.hardened.librespot.plugins.module_utils.model.system_calls import RECORDED
from tests.attacks.hosts import target
from tests.harness import program
from tests.harness.recorder import ORIGINS, Recorder, Recording
from tests.support.hosts import CHECKOUT

IMAGES = ("debian12-docker", "debian13-docker")
LIST = CHECKOUT / "plugins/module_utils/model/system_calls.py"


def written(calls: Mapping[str, set[str]]) -> str:
    """Return the module of the model that holds the recorded calls."""
    lines = []
    for origin, what in ORIGINS.items():
        lines += [f"    # {what[0].upper()}{what[1:]}.", f'    "{origin}": (']
        row = "       "
        for name in sorted(calls[origin]):
            if len(row) + len(name) + 4 > 120:
                lines.append(row)
                row = "       "
            row += f' "{name}",'
        lines += [row, "    ),"]
    head = LIST.read_text(encoding="utf-8").partition("RECORDED")[0]
    return head + "RECORDED: Mapping[str, tuple[str, ...]] = {\n" + "\n".join(lines) + "\n}  # fmt: skip\n"


def difference(calls: Mapping[str, set[str]], before: Mapping[str, Sequence[str]]) -> list[str]:
    """Return, a line each, what a recording has that the list has not (+), and the other way round (-)."""
    return [
        f"{sign} {origin}: {' '.join(sorted(names))}"
        for origin in ORIGINS
        for sign, names in (
            ("+", calls[origin] - set(before[origin])),
            ("-", set(before[origin]) - calls[origin]),
        )
        if names
    ]


def main(argv: list[str]) -> int:
    """Record on all hosts, write the list, and say what changed in it."""
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.harness.record", description=(__doc__ or "").partition("\n\n")[0]
    )
    parser.add_argument("archive", type=Path, metavar="IMAGE", help="image.tar of image_build")
    archive = parser.parse_args(argv).archive
    found = Recording()
    for image in IMAGES:
        start = time.monotonic()
        with target(image, "calls") as host:
            found.merge(Recorder(host, archive, program.program(), program.sound()).record())
        sys.stderr.write(f"{image}: {time.monotonic() - start:.0f} s\n")
    LIST.write_text(written(found.calls), encoding="utf-8")
    lines = difference(found.calls, RECORDED) or ["nothing changed"]
    sys.stdout.write("\n".join([*lines, f"sockets: {' '.join(sorted(found.families))}"]) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
