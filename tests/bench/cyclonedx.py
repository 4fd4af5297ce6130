# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""cargo-cyclonedx, which makes an SBOM of a source tree. No package index has it as a program: it is compiled."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.supply.releases import cargo
from tools.lab.cache import Cache, location
from tools.lab.progress import Progress

VERSION = "0.5.9"
"""It needs Rust 1.85."""

_COMPILE_S = 1800


def program() -> Path:
    """Return the path of cargo-cyclonedx, compiled once with the lock file that it was published with."""
    cache = Cache(location(os.environ), Progress())
    engines = cache.directory("engines")
    made = engines / f"cargo-cyclonedx-{VERSION}"
    with cache.lock("cargo-cyclonedx"):
        if not made.is_file():
            with (
                Progress().step(f"compiling cargo-cyclonedx {VERSION}"),
                tempfile.TemporaryDirectory(dir=engines) as work,
            ):
                crate = f"cargo-cyclonedx@{VERSION}"
                cargo("install", crate, "--locked", "--root", work, cwd=Path(work), timeout=_COMPILE_S)
                (Path(work) / "bin/cargo-cyclonedx").rename(made)
    return made
