# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No space left where a run writes: it says so, what was there stays whole, and the running instance goes on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.deployment import APPLY, BEDROOM, KITCHEN, OURS, PORT, UNITS, specified
from tests.attacks.hosts import Target
from tests.attacks.tables import TABLES, show
from tests.support.plays import Controller


@dataclass(frozen=True)
class Place:
    """A directory that a run writes to: what makes it write there, and the file that it then writes."""

    directory: str
    wanted: dict[str, Any]
    file: str
    before: str = ""


PLACES = (
    Place("/etc/librespot", {**KITCHEN, "options": {"name": "Other"}}, "kitchen.env"),
    Place(UNITS, {**KITCHEN, "limits": {"memory": "100M"}}, "librespot-kitchen.service"),
    Place("/opt/librespot/libexec", KITCHEN, "liveness.py", "echo '# altered' >> /opt/librespot/libexec/liveness.py"),
)


@contextlib.contextmanager
def full(host: Target, directory: str) -> Iterator[None]:
    """Put a small file system with the same content over *directory*, and fill it to the last byte."""
    host.shell(
        f"mkdir -p /run/attack-full; cp -a {directory}/. /run/attack-full/\n"
        f"mount -t tmpfs -o size=1m,mode=$(stat --format=%a {directory}) attack {directory}\n"
        f"cp -a /run/attack-full/. {directory}/; rm -rf /run/attack-full\n"
        f"! cat /dev/zero > {directory}/.fill 2>/dev/null"
    )
    try:
        yield
    finally:
        host.shell(f"umount {directory}")


def content(host: Target, directory: str) -> str:
    """Return the digests of all that is in *directory*, temporary files included."""
    return host.shell(f"cd {directory}; find . -type f ! -name .fill -exec sha256sum {{}} + | sort")


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.directory)
def test_full_disk(host: Target, tmp_path: Path, place: Place) -> None:
    controller = Controller(host, tmp_path)
    if place.before:
        host.shell(place.before)
    process, before = host.process(OURS), content(host, place.directory)
    with full(host, place.directory):
        assert content(host, place.directory) == before
        run = controller.run(APPLY, specified([place.wanted, BEDROOM]))
        assert run.status != 0
        assert f"{place.directory}/{place.file}" in run.output
        assert "No space left on device" in run.output
        assert "the old state is still in place" in run.output
        assert content(host, place.directory) == before
        assert (host.answer(PORT) or {}).get("remoteName") == "Kitchen"
        assert host.process(OURS) == process
    controller.converge(APPLY, specified())
    assert controller.converge(APPLY, specified()).recap(host)["changed"] == 0
    title = f"full disks on {host.image}"
    kept = TABLES.get(title, [])[1:]
    show(title, [f"{'full':<24}", "ours"], [[place.directory, "says so, old state whole, next run converges"]])
    TABLES[title] += kept
