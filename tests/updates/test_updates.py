# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A library of the image gets an update: it is noticed, the image is made again, and the host runs it (CON-09)."""

from __future__ import annotations

import base64
import json

from ansible_collections.hardened.librespot.plugins.module_utils.model.image import SBOM
from tests.attacks.hosts import until
from tests.support.images import members
from tests.updates.conftest import NAME, Fleet
from tests.updates.repository import NAMES, publish, withdraw

NEWER = "1.2.8-1+deb12u1"
OLDER = "1.2.7-1"


def versions(sbom: bytes) -> dict[str, str]:
    """Return the versions of the distribution's packages that an SBOM names."""
    named = [item for item in json.loads(sbom)["components"] if item.get("purl", "").startswith("pkg:deb/")]
    return {item["name"]: item["version"] for item in named}


def inside(fleet: Fleet) -> dict[str, str]:
    """Return the versions that the SBOM in the running container names."""
    copied = fleet.host.out("sh", "-euc", f"docker cp {NAME}:{SBOM} - | base64 -w0")
    (sbom,) = [content for member, content in members(base64.b64decode(copied)) if member.isreg()]
    return versions(sbom)


def test_an_image_that_is_current_is_not_made_again(fleet: Fleet) -> None:
    assert fleet.answers
    assert fleet.running == fleet.image.said["image"]
    again = fleet.run()
    assert again.recap(fleet.host)["changed"] == 0, again.output
    assert "compiling the health check" not in again.output


def test_an_older_version_in_a_repository_is_none_that_mends_anything(fleet: Fleet) -> None:
    publish(fleet.builder, OLDER)
    try:
        assert fleet.converge() == 0
    finally:
        withdraw(fleet.builder)


def test_an_update_is_noticed_and_rolled_out(fleet: Fleet) -> None:
    before = fleet.running
    publish(fleet.builder, NEWER)
    there = fleet.host.snapshot()
    foretold = fleet.run(["--check", "--diff"])
    assert foretold.status == 0, foretold.output
    assert all(f"+{name}: {NEWER}" in foretold.output for name in NAMES)
    assert (fleet.host.snapshot(), fleet.running) == (there, before)

    assert fleet.converge() == foretold.recap(fleet.host)["changed"] > 0
    until(lambda: fleet.answers, 30, "the kitchen answers")
    after = fleet.running
    assert after != before
    assert {name: version for name, version in inside(fleet).items() if name in NAMES} == dict.fromkeys(NAMES, NEWER)
    manifest = json.loads(fleet.host.out("cat", f"/opt/librespot/images/{after.removeprefix('sha256:')}.json"))
    assert {item["name"]: item["version"] for item in manifest["packages"]} == inside(fleet)
    # What it ran before is there to go back to.
    assert before in fleet.host.out("docker", "image", "ls", "--all", "--no-trunc", "--quiet")
    assert fleet.converge() == 0
