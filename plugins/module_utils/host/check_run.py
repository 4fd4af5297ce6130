# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the check, and ends as its verdict says: 0 nothing is open, 3 something is, 2 it could not look or tell.

It never ends with 1 on purpose: that is how Python ends when something went wrong in it, and systemd takes the status
of findings for success.

This file has two lives: the module ``schedule`` imports it, and it is installed as it is on the host that checks. So
it stands alone, on the standard library.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence

FINDINGS = 3
STATUSES = {"clean": 0, "findings": FINDINGS}
INCOMPLETE = 2
_LONGEST = 100


def main(arguments: Sequence[str]) -> int:
    """Run the command that follows the directory in *arguments*, and return the status of what it left there.

    What an earlier run left there says nothing of this one. A command that ends without a verdict is incomplete,
    whatever its own status is, and so is one that cannot be run.
    """
    directory, *command = arguments
    verdict = os.path.join(directory, "verdict")
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(verdict)
        done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False)
    except OSError as error:
        sys.stderr.write(f"The check did not run: {error}\n")
        return INCOMPLETE
    try:
        with open(verdict, encoding="ascii", errors="replace") as handle:
            said = handle.read(_LONGEST).strip()
    except OSError:
        said = ""
    status = STATUSES.get(said, INCOMPLETE)
    # With a good verdict in place, whatever failed after it came late; it is still not good.
    return status if done.returncode == 0 else INCOMPLETE


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
