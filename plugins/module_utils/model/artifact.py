# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be built, and the identifier that follows from it before anything is built."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import SpecificationError
from .version import version_key

CRATE = "crate"
ARTIFACT = "artifact"
PACKAGE = "package"
METHODS = (CRATE, ARTIFACT, PACKAGE)

BINARY = "bin/librespot"
SBOM = "sbom.cdx.json"
MANIFEST = "manifest.json"
CHECKSUMS = "SHA256SUMS"
FILES = (BINARY, SBOM, MANIFEST, CHECKSUMS)
"""All files of an artifact that go to hosts, relative to its directory."""

LOCK = "Cargo.lock"
"""What an artifact that was compiled has besides on the controller: its dependencies, as cargo was given them."""

_METHOD_REVISION = {CRATE: 4, ARTIFACT: 2, PACKAGE: 2}
"""Raised whenever the same inputs would give other bytes, so that a cached artifact is not taken for the new one."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_BASELINE = re.compile(r"glibc(\d{1,3})\.(\d{1,3})")
_ARCHITECTURE = re.compile(r"[a-z0-9_]{2,20}")
_IDENTIFIER = re.compile(r"\d{1,4}\.\d{1,4}\.\d{1,4}-[a-z0-9_]{2,20}-glibc\d{1,3}\.\d{1,3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Target:
    """What an artifact is for. *baseline* is the oldest C library that it may need, such as ``glibc2.36``."""

    version: str
    architecture: str
    baseline: str


@dataclass(frozen=True)
class Recipe:
    """All inputs of one artifact. *inputs* holds what only its method has."""

    method: str
    target: Target
    inputs: tuple[tuple[str, Any], ...]

    @property
    def identifier(self) -> str:
        """The artifact's name: readable first, then twelve digits of the digest of all inputs."""
        return identifier_from(self.described())

    def described(self) -> dict[str, Any]:
        """Return the inputs by name, for the manifest."""
        return {
            "method": self.method,
            "revision": _METHOD_REVISION[self.method],
            "version": self.target.version,
            "architecture": self.target.architecture,
            "baseline": self.target.baseline,
            **{name: list(value) if isinstance(value, tuple) else value for name, value in self.inputs},
        }


def identifier_from(inputs: Mapping[str, Any]) -> str:
    """Return the identifier that follows from *inputs*, a manifest's or `Recipe.described`."""
    digest = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:12]
    return f"{inputs['version']}-{inputs['architecture']}-{inputs['baseline']}-{digest}"


def identifier(value: str, path: str) -> str:
    """Return *value* when it is an artifact's identifier, which makes it safe as a directory's name."""
    if _IDENTIFIER.fullmatch(value) is None:
        raise SpecificationError(
            path, value, "is not an artifact's identifier", "Give the id that the module build returns"
        )
    return value


def sha256(value: str, path: str) -> str:
    """Return *value* in lower case when it is a SHA-256 in hexadecimal."""
    if _SHA256.fullmatch(value.lower()) is None:
        raise SpecificationError(path, value, "is not a SHA-256 digest", "Write its 64 hexadecimal digits")
    return value.lower()


def target(params: Mapping[str, Any]) -> Target:
    """Read what the artifact is for from a module's parameters."""
    version, architecture, baseline = params["version"], params["architecture"], params["baseline"]
    try:
        version_key(version)
    except ValueError:
        raise SpecificationError("version", version, "is not a version", "Write three numbers, as in 0.8.0") from None
    if _ARCHITECTURE.fullmatch(architecture) is None:
        raise SpecificationError(
            "architecture", architecture, "is not an architecture", "Write what uname -m prints on the target"
        )
    if _BASELINE.fullmatch(baseline) is None:
        raise SpecificationError("baseline", baseline, "is not a C library's version", "Write it as in glibc2.36")
    return Target(version, architecture, baseline)


def glibc_key(version: str) -> tuple[int, int]:
    """Return the version of a C library, with or without ``glibc`` before it, in a form that sorts."""
    match = _BASELINE.fullmatch(version if version.startswith("glibc") else f"glibc{version}")
    if match is None:
        raise ValueError(f"not a version of glibc: {version!r}")
    return int(match.group(1)), int(match.group(2))


def encode_manifest(manifest: Mapping[str, Any]) -> bytes:
    """Return the one way to write *manifest*: the same content is always the same bytes."""
    return (json.dumps(manifest, sort_keys=True, indent=1, ensure_ascii=True) + "\n").encode()


def encode_checksums(digests: Mapping[str, str]) -> bytes:
    """Return *digests* (file to SHA-256) in the form that ``sha256sum --check`` reads."""
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests)).encode()


def decode_checksums(content: bytes) -> dict[str, str]:
    """Return file to SHA-256 from what `encode_checksums` wrote; lines that it did not write are left out."""
    pairs = (line.partition("  ") for line in content.decode("utf-8", "replace").splitlines())
    return {name: digest for digest, _blanks, name in pairs if name in FILES and _SHA256.fullmatch(digest)}


def digests(contents: Mapping[str, bytes]) -> dict[str, str]:
    """Return the SHA-256 of each of *contents*."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
