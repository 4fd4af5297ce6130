# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python3 -m tools.checks NAME...``: run the checks behind a make target, or single stages."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tools.checks import runner, stages
from tools.lab import venv
from tools.lab.cache import Cache, location
from tools.lab.errors import LabError
from tools.lab.progress import Progress


def main() -> int:
    """Run what the command line names and return the status: 0 only if every stage passed."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.checks", description=__doc__)
    parser.add_argument("name", nargs="+", help="a target (test, lint, unit, full, …) or a stage")
    names: list[str] = parser.parse_args().name
    progress = Progress()
    cache = Cache(location(os.environ), progress)
    try:
        chosen = stages.choose(names)
        scratch = cache.directory("checks")
    except LabError as error:
        print(error, file=sys.stderr)
        return 2
    outcomes: list[runner.Outcome] = []
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="run-", dir=scratch) as work:
        run = runner.Runner(
            venv.CHECKOUT, Path(work), cache, progress, lambda core: venv.ensure("test", core, cache, progress)
        )
        try:
            for core in sorted({stage.core for stage in chosen}):
                outcomes.append(run.prepare(core))
            for batch in stages.batches(chosen):
                outcomes.extend(run.run(*batch))
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            return 130
        finally:
            print(f"\n{runner.table(outcomes)}\n{'all':<24}{'':<22}{time.monotonic() - start:>9.1f}\n")
            print(runner.closing(outcomes), flush=True)
    return 1 if any(outcome.verdict.failed for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
