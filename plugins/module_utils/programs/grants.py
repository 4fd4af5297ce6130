# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists who is let in for a while, for the monitor, which may not ask the kernel itself."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from ..host.command import Commands
from ..host.nftables import Nftables
from ..host.own_file import put
from ..model.errors import LibrespotError
from ..model.granted import listing

_TABLE = "librespot"


def main(words: Sequence[str] | None = None) -> int:
    """List them once. Status 1 is that it could not be done; what was listed before is left as it is."""
    parser = argparse.ArgumentParser(description="Lists the grants in sets of the table librespot.")
    parser.add_argument("--output", required=True, help="the file to put the list into")
    parser.add_argument("sets", nargs="+", metavar="ZONE=SET", help="a zone, and a set with grants in it")
    asked = parser.parse_args(words)
    sets = [tuple(word.partition("=")[::2]) for word in asked.sets]
    nftables = Nftables(Commands())
    moment = time.clock_gettime(time.CLOCK_BOOTTIME)
    try:
        found = [
            {"zone": zone, "address": address, "seconds": seconds}
            for zone, name in sets
            for address, seconds in (nftables.timed(_TABLE, name) or {}).items()
        ]
        text = listing(moment, list(dict.fromkeys(zone for zone, _name in sets)), found)
        put(asked.output, text)
    except (LibrespotError, OSError) as error:
        sys.stderr.write(f"<3>{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
