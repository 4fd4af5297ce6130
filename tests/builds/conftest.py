# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of a Debian package need on this machine."""

from __future__ import annotations

import os

import pytest

from tools.lab import packages
from tools.lab.cache import Cache, location
from tools.lab.progress import Progress


@pytest.fixture(scope="session", autouse=True)
def _tools() -> None:
    progress = Progress()
    packages.ensure(
        ["dpkg", "gpg", "gpg-agent", "gpgv"], "signing a repository", Cache(location(os.environ), progress), progress
    )
