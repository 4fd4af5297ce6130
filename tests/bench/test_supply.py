# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SBOM and scan of a real librespot beside cargo's own tools for these: what each names, and how long it takes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.attacks.tables import show
from tests.bench.supply import Supply, crates, sources
from tests.bench.timed import HEAD, Names, Way, in_turns
from tests.supply.databases import snapshot, unpack
from tests.supply.reader import embedded, matches
from tests.support.hosts import BUILDER, Host
from tests.support.plays import Controller, built

VERSION = "0.8.0"
MADE_MOST, KEPT_MOST, SCAN_MOST = 2.0, 0.7, 10.0
"""Times as long, without Ansible: an SBOM that is made, one that is compared with its program alone, and a scan."""


@pytest.fixture(scope="module")
def supply(tmp_path_factory: pytest.TempPathFactory) -> Supply:
    """Return librespot as it was built with upstream's lock file, and what it was built from."""
    # All of the database: what reads it takes as long as there are advisories.
    database = unpack(snapshot(os.environ), tmp_path_factory.mktemp("database"))
    directory = tmp_path_factory.mktemp("supply")
    artifact = Path(built(Controller(Host(BUILDER), directory), VERSION)["path"])
    made = Supply(artifact, sources(VERSION, directory), database, directory)
    assert (made.tree / "Cargo.lock").read_bytes() == (artifact / "Cargo.lock").read_bytes()
    return made


@pytest.fixture(scope="module")
def rounds(request: pytest.FixtureRequest) -> int:
    """Return how often each is timed."""
    count: int = request.config.getoption("rounds")
    return count


def test_sbom_beside_cargo_cyclonedx(supply: Supply, rounds: int) -> None:
    lock = supply.artifact / "Cargo.lock"
    made, kept = "the program and the lock", "the artifact"
    played = supply.sbom_played(made, path=str(supply.program), lock=str(lock))
    inside = supply.sbom_inside(made, supply.program, lock)
    played_kept = supply.sbom_played(kept, path=str(supply.artifact))
    inside_kept = supply.sbom_inside(kept, supply.artifact)
    features = ("--no-default-features", "--features", ",".join(supply.features))
    same = supply.sbom_cargo("the source, features of the build", *features)
    default = supply.sbom_cargo("the source, as it is")
    ours, theirs = (played, inside, played_kept, inside_kept), (same, default)
    ways = [supply.ansible(), *ours, *theirs]
    in_turns(ways, rounds)
    show(f"SBOM of librespot {VERSION}", HEAD, [way.row() for way in ways])

    recorded = embedded(supply.program.read_bytes())
    show(
        "crates, beside those that the program records",
        ("by", "of", "both", "more", "fewer", "not at run time"),
        [_beside(way, recorded) for way in (inside, inside_kept, *theirs)],
    )
    assert all(way.names == recorded for way in ours)
    # With the same features cargo's own tool sees the same, with the same checksums, and tells less of them apart.
    assert same.names == recorded
    assert _checksums(same) == _checksums(inside) == _checksums(inside_kept)
    assert _excluded(same) < _excluded(inside_kept)
    # Without them it is about another librespot.
    assert default.names - recorded
    assert recorded - default.names
    assert (supply.tree / "Cargo.lock").read_bytes() == lock.read_bytes()
    assert inside.median / same.median <= MADE_MOST
    assert inside_kept.median / same.median <= KEPT_MOST


def test_scan_beside_cargo_audit(supply: Supply, rounds: int) -> None:
    played = supply.scan_played("the artifact", supply.artifact)
    inside = supply.scan_inside("the artifact", supply.artifact)
    alone = supply.audited("its program")
    ways = [supply.ansible(), played, inside, alone]
    in_turns(ways, rounds)
    show(f"scan of librespot {VERSION}", HEAD, [way.row() for way in ways])

    assert alone.names
    assert alone.names == inside.names == played.names
    assert alone.names == matches(supply.database, embedded(supply.program.read_bytes()))
    assert inside.median / alone.median <= SCAN_MOST


def _beside(way: Way, recorded: set[tuple[str, str]]) -> list[str]:
    counts = (way.names & recorded, way.names - recorded, recorded - way.names, _excluded(way))
    return [way.what, way.of, *(str(len(names)) for names in counts)]


def _excluded(way: Way) -> Names:
    """Return what an SBOM says is not needed when librespot runs."""
    return {key for key, item in crates(_output(way)).items() if item.get("scope") == "excluded"}


def _checksums(way: Way) -> dict[tuple[str, ...], str]:
    found = crates(_output(way))
    return {key: item["hashes"][0]["content"] for key, item in found.items() if key[0] != "librespot"}


def _output(way: Way) -> Path:
    assert way.output is not None
    return way.output
