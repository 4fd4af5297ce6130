# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a build host gave becomes an artifact when it was made as it was asked for."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.crate_build import CRATES
from ansible_collections.hardened.librespot.plugins.module_utils.host.workplace import Built
from ansible_collections.hardened.librespot.plugins.module_utils.model.artifact import CRATE, Recipe, Target
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.lock import UPSTREAM
from ansible_collections.hardened.librespot.plugins.plugin_utils import assembling, sbom
from ansible_collections.hardened.librespot.plugins.plugin_utils.assembling import assemble
from tests.support.auditable import program

UPSTREAMS = b"""version = 4
[[package]]
name = "librespot"
version = "0.8.0"
"""
OTHER = UPSTREAMS + b"# another\n"
PROGRAM = program([{"name": "librespot", "version": "0.8.0", "source": "local", "root": True}])
DIGESTS = {content: hashlib.sha256(content).hexdigest() for content in (UPSTREAMS, OTHER)}


@pytest.fixture(autouse=True)
def _sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the program be as a build leaves it, and its SBOM be enough."""

    def described(recipe: Recipe, _binary: bytes, _facts: Any) -> dict[str, Any]:
        return {"inputs": dict(recipe.inputs)}

    monkeypatch.setattr(assembling, "manifest", described)
    monkeypatch.setattr(assembling, "completed", lambda crates, *_given: crates)
    monkeypatch.setattr(sbom, "program_sbom", lambda *_given: b"{}")


def made(lock: str, files: dict[str, bytes]) -> dict[str, Any]:
    recipe = Recipe(CRATE, Target("0.8.0", "x86_64", "glibc2.36"), (("lock", lock),))
    return assemble(recipe, Built(PROGRAM, {}, {CRATES: b"{}", **files})).manifest


@pytest.mark.parametrize(("asked", "used"), [(UPSTREAM, UPSTREAMS), (DIGESTS[OTHER], OTHER)])
def test_the_lock_file_that_was_asked_for_is_in_the_manifest(asked: str, used: bytes) -> None:
    lock = made(asked, {"Cargo.lock": used, "upstream.lock": UPSTREAMS})["lock"]
    assert lock["sha256"] == DIGESTS[used]


@pytest.mark.parametrize(
    ("asked", "files"),
    [
        (UPSTREAM, {"Cargo.lock": OTHER, "upstream.lock": UPSTREAMS}),
        (DIGESTS[OTHER], {"Cargo.lock": UPSTREAMS, "upstream.lock": UPSTREAMS}),
        (UPSTREAM, {"upstream.lock": UPSTREAMS}),
        (UPSTREAM, {}),
    ],
    ids=["another than upstream's", "upstream's", "none", "neither"],
)
def test_another_one_makes_no_artifact(asked: str, files: dict[str, bytes]) -> None:
    with pytest.raises(HostError, match="was asked for"):
        made(asked, files)
