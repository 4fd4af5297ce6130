# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host with Podman, on which instances run as Quadlets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.hosts import target
from tests.containers.conftest import (
    pytest_addoption,
    pytest_generate_tests,
    pytest_report_header,
    pytest_terminal_summary,
    report,
    running,
)
from tests.podman.quadlet import Quadlet
from tests.support.hosts import lab
from tests.support.plays import Controller

__all__ = [
    "pytest_addoption",
    "pytest_generate_tests",
    "pytest_report_header",
    "pytest_terminal_summary",
    "report",
    "running",
]


@pytest.fixture(scope="session")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quadlet]:
    """Return a host that has Podman, and nothing of ours yet."""
    lab("builder", "up")
    with target("debian13-podman", "podman") as host:
        yield Quadlet(host, Controller(host, tmp_path_factory.mktemp("deploy")))
