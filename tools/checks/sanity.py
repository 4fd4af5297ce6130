# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ansible-test sanity`` with every test, nothing ignored, in environments that it makes itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tools.lab import packages
from tools.lab.cache import Cache, location
from tools.lab.progress import Progress

_BOOTSTRAP = "import ensurepip\n\nensurepip.bootstrap(upgrade=True, default_pip=True)\n"
_WANTED = re.compile(r"^The bootstrap script can be manually downloaded and saved to: (\S+)$", re.MULTILINE)
_ABSENT = re.compile(r'^WARNING: Required program "[^"]+" not found', re.MULTILINE)
_RUN = re.compile(r'^Running sanity test "', re.MULTILINE)
_FAILED = re.compile(r"^(?:FATAL|ERROR): The (\d+) sanity test\(s\)", re.MULTILINE)


def home(directory: Path) -> Path:
    """Return the home directory that ansible-test gets, so that its caches and our bootstrap script stay out of ours.

    pip's own settings are the one thing it needs from there.
    """
    for name in (".config/pip", ".pip"):
        link = directory / name
        if (Path.home() / name).is_dir() and not link.is_symlink():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(Path.home() / name)
    return directory


def sanity(directory: Path) -> tuple[str, int]:
    """Run the tests once and return output and status."""
    done = subprocess.run(
        ["ansible-test", "sanity", "--venv", "--color", "no"],
        env={**os.environ, "HOME": str(home(directory))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout, done.returncode


def closing(output: str, status: int) -> str:
    """Return the last line of a run that printed *output* and ended with *status*.

    A test whose program is not installed counts as failed; ansible-test only warns of it.
    """
    stated = _FAILED.search(output)
    failed = int(stated.group(1)) if stated else int(status != 0)
    failed += len(set(_ABSENT.findall(output)))
    return f"{max(0, len(_RUN.findall(output)) - failed)} passed, {failed} failed"


def main() -> int:
    """Run the tests; give pip's bootstrap script to an ansible-test that cannot download one, and try again."""
    progress = Progress()
    cache = Cache(location(os.environ), progress)
    packages.ensure(["shellcheck"], "checking shell scripts", cache, progress)
    directory = cache.directory("ansible-test")
    output, status = sanity(directory)
    wanted = _WANTED.search(output)
    if status and wanted:
        # The name holds the version of pip, which differs between the versions of ansible-core.
        script = Path(wanted.group(1))
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(_BOOTSTRAP, encoding="ascii")
        output, status = sanity(directory)
    print(output)
    if status < 0:
        print(f"ansible-test was ended by signal {-status}")
    summary = closing(output, status)
    print(summary)
    return int(not summary.endswith(" 0 failed"))


if __name__ == "__main__":
    sys.exit(main())
