# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests against running hosts: the names of containers with a systemd of their own, in HARDENED_LIBRESPOT_HOSTS."""

from __future__ import annotations

import os

import pytest

VARIABLE = "HARDENED_LIBRESPOT_HOSTS"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that asks for a container on each of them; without any, there is nothing to be green about."""
    if "container" in metafunc.fixturenames:
        containers = os.environ.get(VARIABLE, "").split()
        if not containers:
            raise pytest.UsageError(f"{VARIABLE} names no container")
        metafunc.parametrize("container", containers)
