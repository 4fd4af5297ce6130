# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tools of Prometheus and Alertmanager, as each Debian has them."""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.hosts import lab
from tools.lab.recipes import ALL, MONITORING

_INSIDE = "/rules"


@dataclass(frozen=True)
class Tools:
    """Runs a tool of an *image* in a directory that it can only read."""

    image: str
    directory: Path

    def run(self, *argv: str, files: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run *argv* beside *files*, by their names."""
        for name, text in files.items():
            (self.directory / name).write_text(text, encoding="utf-8")
        return subprocess.run(
            ["docker", "run", "--rm", "--network=none", f"--volume={self.directory}:{_INSIDE}:ro"]
            + [f"--workdir={_INSIDE}", self.image, *argv],
            capture_output=True,
            text=True,
            check=False,
        )

    def promtool(self, *argv: str, files: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run promtool."""
        return self.run("promtool", *argv, files=files)

    def amtool(self, *argv: str, files: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run amtool."""
        return self.run("amtool", *argv, files=files)


@functools.cache
def _made(name: str) -> None:
    """Make one image alone: the other one takes a minute that a quick stage has not."""
    lab("up", "--with", name)


@pytest.fixture(params=[recipe.name for recipe in MONITORING])
def tools(request: pytest.FixtureRequest, tmp_path: Path) -> Tools:
    """Return the tools of one Debian."""
    _made(request.param)
    tmp_path.chmod(0o755)
    return Tools(ALL[request.param].reference, tmp_path)


def failed(said: subprocess.CompletedProcess[str]) -> Sequence[str]:
    """Return the names of promtool's tests that failed."""
    return [line.split("name:")[1].strip(" ,") for line in said.stderr.splitlines() if line.strip().startswith("name:")]
