# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The releases of librespot as upstream published them, from the registry."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from tools.lab.cache import Cache, location
from tools.lab.progress import Progress

VERSIONS = ("0.6.0", "0.7.1", "0.8.0")
_CARGO_S = 300


def cargo(*argv: str, cwd: Path, timeout: int = _CARGO_S) -> None:
    """Run cargo, with a home in the lab's cache, for *timeout* seconds at most."""
    assert shutil.which("cargo"), "cargo is needed here, 1.82 or newer: it alone knows the way to the registry"
    done = subprocess.run(
        ["cargo", *argv], cwd=cwd, env=cargo_environment(), check=False, capture_output=True, text=True, timeout=timeout
    )
    assert done.returncode == 0, done.stderr


def cargo_environment() -> dict[str, str]:
    """Return the environment that cargo has here."""
    return {
        **os.environ,
        "CARGO_HOME": str(_cache().directory("crates") / "cargo"),
        # The newest of all is wanted, whatever compiler is on this machine.
        "CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS": "allow",
    }


def crate(version: str) -> Path:
    """Return the unpacked crate of librespot *version*, which cargo downloads once."""
    cache = _cache()
    home = cache.directory("crates")
    tree = home / f"librespot-{version}"
    with cache.lock(f"crates-{version}"):
        if not tree.is_dir():
            asking = home / f"asking-{version}"
            (asking / "src").mkdir(parents=True, exist_ok=True)
            (asking / "src/lib.rs").touch()
            manifest = '[package]\nname = "asking"\nversion = "0.0.0"\nedition = "2021"\n'
            (asking / "Cargo.toml").write_text(manifest, encoding="utf-8")
            cargo("info", f"librespot@{version}", cwd=asking)
            (archive,) = home.glob(f"cargo/registry/cache/*/librespot-{version}.crate")
            with tarfile.open(archive) as packed, tempfile.TemporaryDirectory(dir=home) as scratch:
                packed.extractall(scratch, filter="data")
                (Path(scratch) / f"librespot-{version}").rename(tree)
    return tree


def crate_file(version: str) -> bytes:
    """Return the ``.crate`` file of librespot *version*, as cargo downloaded it."""
    crate(version)
    (archive,) = _cache().directory("crates").glob(f"cargo/registry/cache/*/librespot-{version}.crate")
    return archive.read_bytes()


def index_rows() -> dict[str, dict[str, Any]]:
    """Return the real rows of librespot, by version, out of the file in which cargo keeps them."""
    crate("0.8.0")
    found = sorted(_cache().directory("crates").glob("cargo/registry/index/*/.cache/li/br/librespot"))
    rows = [json.loads(part) for part in found[-1].read_bytes().split(b"\0") if part.startswith(b"{")]
    return {row["vers"]: row for row in rows}


def index_files(version: str) -> dict[str, bytes]:
    """Return the real files of the index, by their path in it, about all that librespot *version* depends on."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "librespot"
        shutil.copytree(crate(version), tree)
        cargo("update", "--dry-run", cwd=tree)
    found = {}
    for index in _cache().directory("crates").glob("cargo/registry/index/*/.cache"):
        for path in filter(Path.is_file, index.rglob("*")):
            rows = [part for part in path.read_bytes().split(b"\0") if part.startswith(b"{")]
            found[str(path.relative_to(index))] = b"".join(row + b"\n" for row in rows)
    return found


def lock_of(version: str) -> Path:
    """Return the lock file that librespot *version* was published with."""
    return crate(version) / "Cargo.lock"


def _cache() -> Cache:
    return Cache(location(os.environ), Progress())
