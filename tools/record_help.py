# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Record what real librespot binaries say about their options, for the comparison with the option table.

``python3 -m tools.record_help BINARY...`` records the binaries that it is given; ``--build`` first builds one of each
recorded version with cargo, into the cache and only if it is not there yet (a few minutes each; needs cargo, pkg-config
and libasound2-dev). The features of a build decide what help shows: record binaries that have alsa-backend,
with-libmdns and passthrough-decoder, as ``--build`` makes them.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from tools.lab.cache import Cache, key, location
from tools.lab.errors import LabError
from tools.lab.process import logged
from tools.lab.progress import Progress

RECORDS = Path(__file__).parent.parent / "tests" / "data" / "librespot-help"
BUILDS = {
    "0.6.0": "alsa-backend with-libmdns passthrough-decoder",
    "0.7.1": "alsa-backend with-libmdns passthrough-decoder rustls-tls-webpki-roots",
    "0.8.0": "alsa-backend with-libmdns passthrough-decoder rustls-tls-webpki-roots",
}
TIMEOUT_S = 10
_FIRST_LINE = re.compile(r"librespot (\d+\.\d+\.\d+) .*")


def help_of(binary: Path) -> tuple[str, str]:
    """Return the version of *binary* and its help, without what differs from build to build.

    Raises LabError when it is no librespot.
    """
    try:
        # An environment with LIBRESPOT_ in it would change what the program does.
        done = subprocess.run(
            ["librespot", "--help"],
            executable=binary,
            env={},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabError(f"{binary} --help: {error}", "Give the path of a librespot that runs on this machine") from error
    first, _unused, rest = done.stdout.partition("\n")
    match = _FIRST_LINE.fullmatch(first)
    if done.returncode or match is None:
        raise LabError(f"{binary} --help does not begin with a version of librespot", "Give the path of a librespot")
    text = "".join(f"{line.rstrip()}\n" for line in rest.rstrip().split("\n"))
    return match.group(1), f"librespot {match.group(1)}\n{text}"


def record(binary: Path, directory: Path = RECORDS) -> Path:
    """Write the help of *binary* under its version, and return the file."""
    version, text = help_of(binary)
    path = directory / f"{version}.txt"
    path.write_text(text, encoding="utf-8")
    return path


def build(version: str, cache: Cache, progress: Progress) -> Path:
    """Return a binary of *version*, built now unless the cache has it."""
    features = BUILDS[version]
    root = cache.directory("help") / f"{version}-{key(version, features)}"
    name = f"help-{version}"
    with cache.lock(name):
        if not root.exists():
            with cache.publish(root) as temporary, progress.step(f"building librespot {version}"):
                command = ["cargo", "install", "librespot", "--version", version, "--locked", "--debug", "--no-track"]
                command += ["--no-default-features", "--features", features, "--root", str(temporary)]
                logged(command, cache.log(name))
    return root / "bin" / "librespot"


def main(argv: list[str]) -> int:
    """Record, and say what was written."""
    summary = (__doc__ or "").partition("\n\n")[0]
    parser = argparse.ArgumentParser(prog="python3 -m tools.record_help", description=summary)
    parser.add_argument("binaries", nargs="*", type=Path, metavar="BINARY", help="a librespot to ask")
    parser.add_argument("--build", action="store_true", help=f"build and record {', '.join(BUILDS)}")
    chosen = parser.parse_args(argv)
    if not chosen.build and not chosen.binaries:
        parser.error("give binaries, or --build")
    progress = Progress()
    try:
        binaries = list(chosen.binaries)
        if chosen.build:
            cache = Cache(location(os.environ), progress)
            binaries += [build(version, cache, progress) for version in BUILDS]
        for binary in binaries:
            print(record(binary))
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
