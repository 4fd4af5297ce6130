# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two databases: the excerpt in the checkout, and a snapshot of all that RustSec has, which lies outside of it."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXCERPT = ROOT / "tests/data/advisories"
SNAPSHOT = "rustsec-advisory-db.tar.gz"
VARIABLE = "HARDENED_LIBRESPOT_ADVISORIES"


class MissingSnapshotError(Exception):
    """There is no snapshot where one is looked for."""


def snapshot(environ: Mapping[str, str], checkout: Path = ROOT) -> Path:
    """Return the archive that the environment names, or that lies beside the *checkout*.

    Raises MissingSnapshotError, which says where it was looked for.
    """
    given = environ.get(VARIABLE)
    places = [Path(given)] if given else [above / "shared/data" / SNAPSHOT for above in checkout.parents]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        looked = "".join(f"\n  {place}" for place in places)
        raise MissingSnapshotError(
            f"no snapshot of RustSec's whole database; it was looked for at{looked}\n"
            f"Pack a copy of https://github.com/RustSec/advisory-db as .tar.gz and name it by {VARIABLE}"
        )
    return found


def unpack(archive: Path, directory: Path) -> Path:
    """Return the database of *archive*, unpacked into the empty *directory*."""
    with tarfile.open(archive) as packed:
        packed.extractall(directory, filter="data")
    (top,) = directory.iterdir()
    return top


def pack(database: Path, archive: Path) -> Path:
    """Return *archive*, made of the *database* as a user would pack it."""
    with tarfile.open(archive, "w:gz") as made:
        made.add(database, "advisory-db")
    return archive
