# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same inputs give the same bytes: librespot built twice, in two places, with nothing shared but the inputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.artifact import FILES
from tests.support.hosts import BUILDER, Host, lab
from tests.support.plays import Controller

PLACES = ("/var/cache/hardened-librespot/first", "/var/cache/hardened-librespot/elsewhere/second")


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Build in each place, into a cache of its own, and return where the artifacts are."""
    lab("builder", "up")
    host = Host(BUILDER)
    built = []
    for place in PLACES:
        directory = tmp_path_factory.mktemp("controller")
        said = directory / "artifact.json"
        variables = {"said": str(said), "work_dir": place, "cache_dir": str(directory / "cache")}
        try:
            Controller(host, directory).converge(Path(__file__).with_name("build.yml"), variables)
        finally:
            host.run("rm", "-rf", place)
        built.append(Path(json.loads(said.read_text(encoding="utf-8"))["path"]))
    return built


@pytest.mark.parametrize("name", FILES)
def test_two_builds_give_the_same_bytes(artifacts: list[Path], name: str) -> None:
    first, second = (artifact / name for artifact in artifacts)
    assert first.read_bytes() == second.read_bytes()


def test_no_place_is_compiled_in(artifacts: list[Path]) -> None:
    for artifact in artifacts:
        for place in PLACES:
            assert place.encode() not in (artifact / "bin/librespot").read_bytes()
