# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A person builds the Dockerfile beside an image by hand, and gets the same files."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
from collections.abc import Iterable
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.image import ARTIFACT_LABEL
from ansible_collections.hardened.librespot.plugins.module_utils.render.dockerfile import CONTEXT
from tests.attacks.hosts import Target, until
from tests.attacks.tables import show
from tests.images.conftest import BOOTSTRAP
from tests.images.engine import received, send
from tests.support.hosts import CHECKOUT
from tests.support.images import Made, layers_of, members

BUILD_S = 1500
PLACE = "/root/context"
NAME = "made-by-hand"
Member = tuple[str, int, int, int, str]


@pytest.fixture(scope="module")
def context(host: Target, image: Made) -> str:
    """Return the directory of the host that has what is beside the image."""
    send(host, image.archive.parent / CONTEXT, PLACE)
    return PLACE


@pytest.fixture(scope="module")
def by_hand(host: Target, base: str, context: str) -> str:
    """Return the name of the image that was built by hand."""
    done = build(host, context, base)
    assert done.returncode == 0, done.stdout + done.stderr
    return NAME


def build(host: Target, context: str, base: str) -> subprocess.CompletedProcess[str]:
    given = ["--network=host", f"--build-arg=BASE={base}", f"--tag={NAME}", context]
    return host.run("env", "DOCKER_BUILDKIT=0", "docker", "build", *given, timeout=BUILD_S)


def described(found: Iterable[tuple[tarfile.TarInfo, bytes]]) -> dict[str, Member]:
    """Return kind, mode, owner and content of each path; of two layers with a directory, that of the last."""
    return {
        f"/{member.name.strip('/')}": (
            member.type.decode(),
            # Some engines have the kind of a file in it as well.
            member.mode & 0o7777,
            member.uid,
            member.gid,
            member.linkname or hashlib.sha256(content).hexdigest(),
        )
        for member, content in found
    }


def config_of(host: Target, name: str) -> dict[str, Any]:
    (found,) = json.loads(host.out("docker", "image", "inspect", name))
    config: dict[str, Any] = found["Config"]
    return config


def test_it_has_the_same_files_of_the_same_modes_and_owners(host: Target, by_hand: str, image: Made) -> None:
    saved = {member.name: content for member, content in members(received(host, "docker", "save", by_hand))}
    found = described(layers_of(saved))
    wanted = described(image.members())
    show(
        "Dockerfile",
        ["paths by hand", "by the module", "that differ"],
        [[str(len(found)), str(len(wanted)), str(sum(found.get(path) != item for path, item in wanted.items()))]],
    )
    assert found == wanted
    files = {item["path"] for item in image.manifest["files"]}
    assert {path for path, item in found.items() if item[0] != tarfile.DIRTYPE.decode()} == files


def test_it_is_run_in_the_same_way_but_is_not_taken_for_one_that_the_collection_loaded(
    host: Target, by_hand: str, image: Made
) -> None:
    inside = image.contents()
    (named,) = json.loads(inside["manifest.json"])
    wanted = json.loads(inside[named["Config"]])["config"]
    found = config_of(host, by_hand)
    assert wanted["Labels"].pop(ARTIFACT_LABEL) == image.manifest["artifact"]
    assert {name: found[name] for name in wanted} == wanted


def test_it_answers(host: Target, by_hand: str) -> None:
    options = ["--name=Image", "--backend=pipe", "--zeroconf-port=37879"]
    host.out("docker", "run", "--detach", "--name=by-hand", by_hand, *options)
    try:
        state = ["docker", "inspect", "--format={{.State.Health.Status}}", "by-hand"]
        until(lambda: host.out(*state).strip() == "healthy", 90, "it is healthy")
    finally:
        host.out("docker", "rm", "--force", "by-hand")


def test_a_base_without_a_digest_is_refused(host: Target, base: str, context: str) -> None:
    assert base.startswith("sha256:")
    done = build(host, context, "hardened-librespot-base:latest")
    assert done.returncode != 0
    assert "hardened-librespot-base:latest is not pinned" in done.stderr + done.stdout


def test_another_system_is_refused(host: Target, base: str, context: str) -> None:
    newer = "sed -i 's/^VERSION_ID=.*/VERSION_ID=\"99\"/' /usr/lib/os-release"
    host.out("docker", "run", "--name=another-system", base, "sh", "-c", newer)
    try:
        another = host.out("docker", "commit", "another-system").strip()
    finally:
        host.out("docker", "rm", "another-system")
    done = build(host, context, another)
    assert done.returncode != 0
    assert "BASE is another system than debian 12" in done.stderr + done.stdout


def test_the_documentation_says_how_its_base_is_made() -> None:
    assert f"\n{BOOTSTRAP}\n" in (CHECKOUT / "docs/containers.md").read_text(encoding="utf-8")
