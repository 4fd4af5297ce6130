# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The excerpt of RustSec's database that is in the checkout, made of a snapshot of the whole.

``python3 -m tools.lab run --kind test -- python -m tests.supply.excerpt`` makes it anew.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.supply.databases import EXCERPT, snapshot, unpack
from tests.supply.reader import locked, matches
from tests.supply.releases import VERSIONS, lock_of

KNOWN_BAD = "RUSTSEC-2021-0003"
"""On smallvec, which cargo-audit is asked about to know that it looks."""

_READ = re.compile(r"```toml\n.*?\n```\n\n# [^\n]+\n", re.DOTALL)


def excerpt(database: Path) -> Mapping[str, str]:
    """Return the path and the text of each advisory on a package of which a release has a version that is affected.

    Those on its other versions are among them: an engine must not find them. The prose is left out: no engine reads it.
    """
    packages = {found[1] for version in VERSIONS for found in matches(database, locked(lock_of(version)))}
    return {
        str(file.relative_to(database)): _head(file)
        for file in sorted(database.glob("crates/*/*.md"))
        if file.parent.name in packages or file.stem == KNOWN_BAD
    }


def _head(file: Path) -> str:
    """Return the data of an advisory and its title."""
    found = _READ.match(file.read_text(encoding="utf-8"))
    assert found, file
    return found.group()


def main() -> None:
    """Write the excerpt of the snapshot."""
    with tempfile.TemporaryDirectory() as scratch:
        files = excerpt(unpack(snapshot(os.environ), Path(scratch)))
    shutil.rmtree(EXCERPT / "crates", ignore_errors=True)
    for name, text in files.items():
        path = EXCERPT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
