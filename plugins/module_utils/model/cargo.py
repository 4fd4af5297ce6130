# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cargo writes and prints, read from its machine-readable forms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

_PACKAGE = re.compile(r"^\[\[package\]\]$", re.MULTILINE)
_PANIC_ABORT = re.compile(r"""^\s*panic\s*=\s*["']abort["']""", re.MULTILINE)
_REPLACED = re.compile(r"include `--registry ([A-Za-z0-9_-]+)` or `--registry crates-io`")
_PACKAGE_TABLE = re.compile(r"^\[package\]\n", re.MULTILINE)
_RUST_VERSION = re.compile(r"^rust-version = .*\n", re.MULTILINE)
_STANDS_IN = "crates-io is replaced with"
NAME_IT = (
    "Name the registry that stands in for the official one under [registries] of cargo's configuration, and not under "
    "[source] alone: some of cargo's commands want to be told its name"
)
"""What to do about a registry that cargo cannot be told by its name."""

_VERSION = re.compile(r"^(?:cargo|rustc) (\d+)\.(\d+)\.")


def locked_checksum(lock: str, name: str, version: str) -> str:
    """Return the index's checksum of a crate from the text of a ``Cargo.lock``; empty when it is not there."""
    for block in _PACKAGE.split(lock)[1:]:
        fields = dict(re.findall(r'^(name|version|checksum) = "([^"\n]*)"$', block, re.MULTILINE))
        if fields.get("name") == name and fields.get("version") == version:
            return str(fields.get("checksum", ""))
    return ""


def aborts_on_panic(manifest: str) -> bool:
    """Say whether the text of a ``Cargo.toml`` has a profile that ends the process at a panic."""
    return _PANIC_ABORT.search(manifest) is not None


def replacement(said: str) -> str:
    """Return the registry that cargo says it was set up with in the official one's place; empty when it says no such.

    Some of its commands, unlike its builds, want to be told its name all the same.
    """
    match = _REPLACED.search(said)
    return match.group(1) if match else ""


def with_rust_version(manifest: str, rust: str) -> str:
    """Return the text of a published ``Cargo.toml`` with *rust* as the oldest compiler that it supports."""
    return _PACKAGE_TABLE.sub(
        f'[package]\nrust-version = "{rust}"\n', _RUST_VERSION.sub("", manifest, count=1), count=1
    )


def unnamed_replacement(said: str) -> bool:
    """Say whether cargo says that a registry stands in for the official one that has no name it could be told by."""
    return _STANDS_IN in said and not replacement(said)


def tool_version(line: str) -> tuple[int, int]:
    """Return the version out of what ``cargo --version`` or ``rustc --version`` prints; zeros when there is none."""
    match = _VERSION.match(line)
    return (int(match.group(1)), int(match.group(2))) if match else (0, 0)


def compiled_crate(line: str) -> str:
    """Return name and version of the crate that a line of ``--message-format=json`` says is compiled, else nothing."""
    return _artifact(json.loads(line))


def compiled_features(line: str) -> tuple[str, frozenset[str]]:
    """Return the crate of a line, as `compiled_crate` returns it, and the features that it was compiled with."""
    message: Mapping[str, Any] = json.loads(line)
    return _artifact(message), frozenset(message.get("features", ()))


def _artifact(message: Mapping[str, Any]) -> str:
    if message.get("reason") != "compiler-artifact":
        return ""
    name, _at, version = str(message["package_id"]).rpartition("#")[2].rpartition("/")[2].partition("@")
    return f"{name} {version}"


def described_crates(metadata: str, features: Mapping[str, Iterable[str]]) -> list[dict[str, Any]]:
    """Return name, version and licence of each crate of what ``cargo metadata`` prints, sorted.

    Those that were compiled have their *features* as well; a crate is named there as `compiled_crate` returns it.
    """
    described = []
    for package in json.loads(metadata)["packages"]:
        item = {
            "name": str(package["name"]),
            "version": str(package["version"]),
            "license": str(package.get("license") or ""),
            "license_file": str(package.get("license_file") or ""),
        }
        compiled = features.get(f"{item['name']} {item['version']}")
        described.append({**item, "features": sorted(compiled)} if compiled is not None else item)
    return sorted(described, key=lambda item: (item["name"], item["version"]))


def listed_crate(line: str) -> str:
    """Return the crate of a line of ``cargo tree --prefix none --format {p}``, as `compiled_crate` returns it."""
    name, _v, version = line.partition(" v")
    return f"{name} {version.partition(' ')[0]}"
