# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host with an engine, an image of ours, and a bare Debian that no registry was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.hosts import Target, target
from tests.attacks.tables import TABLES
from tests.support.images import Made, make

BOOTSTRAP = "mmdebstrap --variant=minbase bookworm - | docker import - hardened-librespot-base"
"""As the documentation has it; of the release of the lab's build host."""

BOOTSTRAP_S = 900


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("controller")


@pytest.fixture(scope="session")
def image(directory: Path) -> Made:
    """Return the image for the lab's hosts, made if the cache does not have it."""
    return make(directory)


@pytest.fixture(scope="session")
def host() -> Iterator[Target]:
    """Return a host whose engine builds in the classic way, and has nothing yet."""
    with target("debian12-docker", "images") as made:
        yield made


@pytest.fixture(scope="session")
def base(host: Target) -> str:
    """Return the id of a bare Debian in the engine."""
    host.shell("apt-get update -q; apt-get install -q -y --no-install-recommends mmdebstrap", BOOTSTRAP_S)
    # What is in /tmp cannot be run on the lab's hosts.
    host.shell(f"export TMPDIR=/var/tmp; {BOOTSTRAP}", BOOTSTRAP_S)
    return host.shell("docker image inspect --format '{{.Id}}' hardened-librespot-base")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables after the tests."""
    for title, lines in TABLES.items():
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
