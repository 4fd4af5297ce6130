# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SBOM of a program: CycloneDX, complete, and the same for the same inputs."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.plugin_utils.compiled import Crate, completed, recorded_crates
from ansible_collections.hardened.librespot.plugins.plugin_utils.lockfile import locked
from ansible_collections.hardened.librespot.plugins.plugin_utils.sbom import packages, program_sbom

ARTIFACT: dict[str, Any] = {
    "id": "0.8.0-x86_64-glibc2.36-0123456789ab",
    "version": "0.8.0",
    "binary": {"sha256": "b" * 64, "architecture": "x86_64"},
    "inputs": {"source_date_epoch": 1762732800, "method": "crate", "crate_sha256": "a" * 64},
}
CRATES: list[dict[str, Any]] = [
    {"name": "librespot", "version": "0.8.0", "source": "local", "kind": "runtime", "dependencies": [1], "root": True},
    {"name": "aes", "version": "0.8.4", "source": "public", "kind": "runtime", "dependencies": [2, 3], "root": False},
    {"name": "ndk-sys", "version": "0.4.0+1", "source": "public", "kind": "runtime", "dependencies": [], "root": False},
    {"name": "ndk-sys", "version": "0.4.0+2", "source": "public", "kind": "build", "dependencies": [], "root": False},
]
LOCK = "version = 4\n" + "".join(
    f'[[package]]\nname = "{name}"\nversion = "{version}"\n'
    + (f'source = "registry+x"\nchecksum = "{digit * 64}"\n' if digit else "")
    for name, version, digit in (
        ("librespot", "0.8.0", ""),
        ("aes", "0.8.4", "1"),
        ("ndk-sys", "0.4.0+1", "2"),
        ("ndk-sys", "0.4.0+2", "3"),
    )
)
DESCRIBED: list[dict[str, Any]] = [
    {"name": "librespot", "version": "0.8.0", "license": "MIT", "features": ["with-libmdns"]},
    {"name": "aes", "version": "0.8.4", "license": "MIT/Apache-2.0", "features": []},
    {"name": "ndk-sys", "version": "0.4.0+1", "license": "", "license_file": "LICENSE"},
    {"name": "ndk-sys", "version": "0.4.0+2", "license": "as one likes", "features": ["x"]},
]


def crates(described: list[dict[str, Any]] | None = None, lock: str = LOCK) -> list[Crate]:
    given_ = DESCRIBED if described is None else described
    recorded = recorded_crates(CRATES, "the program")
    return completed(recorded, locked(lock, "the lock"), json.dumps({"crates": given_}).encode())


def made(known: list[Crate], **changed: Any) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(program_sbom({**ARTIFACT, **changed}, known))
    return said


def properties(component: dict[str, Any]) -> dict[str, str]:
    return {item["name"].partition(":")[2]: item["value"] for item in component["properties"]}


@pytest.mark.parametrize("known", [crates(), recorded_crates(CRATES, ""), []], ids=["whole", "recorded", "nothing"])
def test_it_is_valid(known: list[Crate]) -> None:
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(program_sbom(ARTIFACT, known).decode())
    assert error is None, error


@settings(max_examples=20, deadline=None)
@given(st.permutations(DESCRIBED), st.randoms())
def test_the_same_inputs_give_the_same_bytes(described: list[dict[str, Any]], chance: random.Random) -> None:
    head, *blocks = LOCK.split("[[package]]")
    lock = "[[package]]".join([head, *chance.sample(blocks, len(blocks))])
    assert program_sbom(ARTIFACT, crates(described, lock)) == program_sbom(ARTIFACT, crates())


def test_it_is_about_librespot_and_names_the_program() -> None:
    subject = made(crates())["metadata"]["component"]
    assert (subject["purl"], subject["type"]) == ("pkg:cargo/librespot@0.8.0", "application")
    assert subject["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
    (program,) = subject["components"]
    assert (program["name"], program["hashes"]) == ("bin/librespot", [{"alg": "SHA-256", "content": "b" * 64}])
    assert properties(subject) == {"method": "crate", "features": "with-libmdns"}
    assert subject["licenses"] == [{"expression": "MIT"}]


def test_each_crate_has_what_is_known_of_it() -> None:
    found = {item["purl"]: item for item in made(crates())["components"]}
    assert set(found) == {"pkg:cargo/aes@0.8.4", "pkg:cargo/ndk-sys@0.4.0%2B1", "pkg:cargo/ndk-sys@0.4.0%2B2"}
    aes, first, second = (found[purl] for purl in sorted(found))
    assert [item["hashes"][0]["content"][0] for item in (aes, first, second)] == ["1", "2", "3"]
    assert properties(aes) == {"dependency": "direct", "features": ""}
    assert properties(first) == {"dependency": "transitive", "compiled": "no"}
    assert aes["licenses"] == [{"expression": "MIT OR Apache-2.0"}]
    assert first["licenses"] == [{"license": {"name": "in the file LICENSE of the crate"}}]
    assert second["licenses"] == [{"license": {"name": "as one likes"}}]
    assert [item["scope"] for item in (aes, first, second)] == ["required", "excluded", "excluded"]
    assert packages(program_sbom(ARTIFACT, crates())) == 3


def test_where_it_is_not_known_what_was_compiled_all_that_is_recorded_is_taken_for_it() -> None:
    found = made(recorded_crates(CRATES, ""))["components"]
    assert [item["scope"] for item in found] == ["required", "required", "excluded"]
    assert not any("compiled" in properties(item) for item in found)


def test_who_needs_whom_is_told() -> None:
    needs = {item["ref"]: item.get("dependsOn", []) for item in made(crates())["dependencies"]}
    assert needs["pkg:cargo/librespot@0.8.0"] == ["pkg:cargo/aes@0.8.4"]
    assert needs["pkg:cargo/aes@0.8.4"] == ["pkg:cargo/ndk-sys@0.4.0%2B1", "pkg:cargo/ndk-sys@0.4.0%2B2"]


def test_of_a_program_of_elsewhere_it_says_what_is_not_known() -> None:
    subject = made([], inputs={"method": "package"})["metadata"]["component"]
    assert properties(subject) == {"method": "package", "crates": "not recorded in the program"}
    assert "hashes" not in subject
    crate = made(recorded_crates(CRATES, ""))["components"][0]
    assert {"hashes", "licenses"}.isdisjoint(crate)


def test_a_crate_that_nobody_locked_is_refused() -> None:
    with pytest.raises(HostError, match=r"aes 0\.8\.4 is in the program and not in the lock file"):
        completed(recorded_crates(CRATES, ""), locked(LOCK.replace("0.8.4", "0.8.5"), "the lock"), b'{"crates": []}')


@pytest.mark.parametrize("change", [{"dependencies": [9]}, {"name": None, "dependencies": "x"}, {"root": True}])
def test_a_damaged_record_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(HostError, match="a damaged record"):
        recorded_crates([CRATES[0], {**CRATES[1], **change}, *CRATES[2:]], "the program")
