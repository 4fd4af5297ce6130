# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attacks from inside: code that runs as librespot in a container of ours, and in a plain one of the same files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks.deployment import HERE, compiled
from tests.containers.hijacked import attempts, baited, judge
from tests.containers.plain import NAME as PLAIN
from tests.containers.speaker import NAME, Speaker


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the compiled probe."""
    return compiled(HERE / "probe" / "probe.c", tmp_path_factory.mktemp("probe"))


def test_from_inside(running: Speaker, probe: Path) -> None:
    with baited(running, probe):
        theirs, ours = attempts(running, PLAIN), attempts(running, NAME)
    judge(f"from inside a container, on {running.host.image}", theirs, ours)
