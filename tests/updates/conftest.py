# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host with an engine, and a build host of its own whose distribution gets updates."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.deployment import KITCHEN, PORT, ZONES
from tests.attacks.hosts import Target, target
from tests.support.builders import throwaway
from tests.support.hosts import CONNECTION, Host
from tests.support.images import Made, make
from tests.support.plays import Controller, Run

NAME = "librespot-kitchen"


@dataclass(frozen=True)
class Fleet:
    """The *host*, the *builder* of its images, and their *controller*, which has a cache of its own."""

    host: Target
    builder: Host
    controller: Controller
    image: Made
    cache: Path

    def run(self, options: Sequence[str] = (), **more: Any) -> Run:
        """Deploy, with an image that is current."""
        known = self.controller.directory / "builders.json"
        known.write_text(json.dumps({"all": {"hosts": {self.builder.name: CONNECTION}}}), encoding="utf-8")
        role = {"name": "hardened.librespot.librespot_container"}
        playbook = self.controller.playbook({"ansible.builtin.include_role": role})
        wanted = {
            "librespot_instances": [KITCHEN],
            "librespot_zones": ZONES,
            "librespot_container_artifact": str(self.cache / "artifacts" / self.image.manifest["artifact"]),
            "librespot_container_build_host": self.builder.name,
            "librespot_container_build_dir": "/var/cache/hardened-librespot/build",
            "librespot_container_refresh": "when_outdated",
            # What was looked at a minute ago counts as well.
            "librespot_container_fresh_for": 0,
            "librespot_container_announce": False,
        }
        return self.controller.run(playbook, {**wanted, **more}, ["--inventory", str(known), *options])

    def converge(self, options: Sequence[str] = (), **more: Any) -> int:
        """Deploy, which must succeed, and return how many tasks changed something."""
        done = self.run(options, **more)
        assert done.status == 0, done.output
        return done.recap(self.host)["changed"]

    @property
    def running(self) -> str:
        """The id of the image that the kitchen runs."""
        return self.host.out("docker", "inspect", "--format", "{{.Image}}", NAME).strip()

    @property
    def answers(self) -> bool:
        """Whether the kitchen answers."""
        return self.host.answer(PORT) is not None


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Return a host that runs the kitchen of the image as it is."""
    directory = tmp_path_factory.mktemp("controller")
    image = make(tmp_path_factory.mktemp("made"))
    # What is made here has a library that nobody else shall get.
    cache = directory / "cache"
    shared = Path(image.said["path"]).parents[1]
    for kind, name in (("container-images", image.said["id"]), ("artifacts", image.manifest["artifact"])):
        shutil.copytree(shared / kind / name, cache / kind / name)
    for made in (cache, *cache.glob("*")):
        made.chmod(0o700)
    assert os.environ.get("HARDENED_LIBRESPOT_CACHE") != str(cache)
    with throwaway("updates") as builder, target("debian12-docker", "updates") as host:
        fleet = Fleet(host, builder, Controller(host, directory, HARDENED_LIBRESPOT_CACHE=str(cache)), image, cache)
        fleet.converge()
        yield fleet
