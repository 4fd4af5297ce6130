# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SBOM of the real image names the package of every shared library in it, as dpkg does, and is valid."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile

from ansible_collections.hardened.librespot.plugins.module_utils.model.image import PROGRAM, SBOM
from tests.support.hosts import BUILDER, Host
from tests.support.images import Made

DIRECTORY = "/usr/lib/x86_64-linux-gnu"


@pytest.fixture(scope="module")
def files(image: Made) -> dict[str, bytes]:
    """Return the regular files of the image, as its layers have them."""
    return {f"/{member.name}": content for member, content in image.members() if member.isreg()}


@pytest.fixture(scope="module")
def said(files: dict[str, bytes]) -> dict[str, Any]:
    """Return the SBOM that is in it."""
    found: dict[str, Any] = json.loads(files[SBOM])
    return found


def needed(files: dict[str, bytes]) -> set[str]:
    """Return the names of all libraries that librespot needs, and of what they need, as their own files say."""
    found: set[str] = set()
    waiting = [PROGRAM]
    while waiting:
        program = ELFFile(io.BytesIO(files[waiting.pop()]))
        dynamic = program.get_section_by_name(".dynamic")
        assert isinstance(dynamic, DynamicSection)
        # It has its types, but not of the fields that a tag gets by what it is.
        names = [str(vars(tag)["needed"]) for tag in dynamic.iter_tags("DT_NEEDED")]
        for name in (name for name in names if name not in found):
            found.add(name)
            waiting.append(next(path for path in files if path.rpartition("/")[2] == name))
    return found


def owner(name: str) -> tuple[str, str]:
    """Return the package of a library on the build host, and its version there, by dpkg."""
    builder = Host(BUILDER)
    (package,) = {
        line.partition(":")[0] for line in builder.out("dpkg", "-S", f"*/x86_64-linux-gnu/{name}").split("\n")[:-1]
    }
    return package, builder.out("dpkg-query", "--show", "--showformat=${Version}", package)


def test_its_libraries_are_those_that_are_needed(files: dict[str, bytes]) -> None:
    libraries = {path.rpartition("/")[2] for path in files if ".so" in path.rpartition("/")[2]}
    assert libraries == needed(files)
    assert {"libc.so.6", "libasound.so.2", "ld-linux-x86-64.so.2"} <= libraries


def test_each_library_is_below_the_package_that_dpkg_says(
    files: dict[str, bytes], said: dict[str, Any], image: Made
) -> None:
    parts = {
        item["name"]: (component["name"], component["version"], item["hashes"][0]["content"])
        for component in said["components"]
        if component.get("purl", "").startswith("pkg:deb/debian/")
        for item in component.get("components", ())
    }
    libraries = {path for path in files if ".so" in path.rpartition("/")[2]}
    assert libraries <= set(parts)
    versions = {item["name"]: item["version"] for item in image.manifest["packages"]}
    for path in libraries:
        package, version, digest = parts[path]
        assert digest == hashlib.sha256(files[path]).hexdigest()
        assert (package, version) == (owner(path.rpartition("/")[2])[0], versions[package])


def test_a_package_of_the_same_version_is_the_one_that_the_build_host_has(
    files: dict[str, bytes], said: dict[str, Any]
) -> None:
    """Where the build host has installed what apt would get now, the bytes are those that are installed."""
    compared = 0
    versions = {item["name"]: item["version"] for item in said["components"] if "version" in item}
    for path in sorted(path for path in files if ".so" in path.rpartition("/")[2]):
        package, version = owner(path.rpartition("/")[2])
        if versions[package] == version:
            there = Host(BUILDER).out("sha256sum", f"{DIRECTORY}/{path.rpartition('/')[2]}").split()[0]
            assert there == hashlib.sha256(files[path]).hexdigest()
            compared += 1
    assert compared


def test_it_is_valid_and_names_the_sources_that_advisories_are_about(
    files: dict[str, bytes], said: dict[str, Any], image: Made
) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(files[SBOM].decode()) is None
    purls = {item["name"]: item["purl"] for item in said["components"] if item.get("purl", "").startswith("pkg:deb/")}
    builder = Host(BUILDER)
    for item in image.manifest["packages"]:
        source = builder.out("dpkg-query", "--show", "--showformat=${source:Package}", item["name"])
        assert item["source"] == source
        assert f"upstream={source}" in purls[item["name"]]
        assert "distro=debian-12" in purls[item["name"]]
