# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cargo writes and prints, read from its machine-readable forms."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_PACKAGE = re.compile(r"^\[\[package\]\]$", re.MULTILINE)
_PANIC_ABORT = re.compile(r"""^\s*panic\s*=\s*["']abort["']""", re.MULTILINE)
_REPLACED = re.compile(r"include `--registry ([A-Za-z0-9_-]+)` or `--registry crates-io`")
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


def unnamed_replacement(said: str) -> bool:
    """Say whether cargo says that a registry stands in for the official one that has no name it could be told by."""
    return _STANDS_IN in said and not replacement(said)


def tool_version(line: str) -> tuple[int, int]:
    """Return the version out of what ``cargo --version`` or ``rustc --version`` prints; zeros when there is none."""
    match = _VERSION.match(line)
    return (int(match.group(1)), int(match.group(2))) if match else (0, 0)


def compiled_crate(line: str) -> str:
    """Return name and version of the crate that a line of ``--message-format=json`` says is compiled, else nothing."""
    message: Mapping[str, Any] = json.loads(line)
    if message.get("reason") != "compiler-artifact":
        return ""
    name, _at, version = str(message["package_id"]).rpartition("#")[2].rpartition("/")[2].partition("@")
    return f"{name} {version}"


def listed_crate(line: str) -> str:
    """Return the crate of a line of ``cargo tree --prefix none --format {p}``, as `compiled_crate` returns it."""
    name, _v, version = line.partition(" v")
    return f"{name} {version.partition(' ')[0]}"
