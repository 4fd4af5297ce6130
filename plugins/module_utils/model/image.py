# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an image of librespot consists of, as data: the program, what it loads, what that reads, and nothing else."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PROGRAM = "/usr/bin/librespot"
PROBE = "/usr/bin/librespot-probe"
USER = 65532
"""The user of the image itself; a container of ours runs as the system user of its instance."""

ARCHIVE = "image.tar"
"""The image in the form that engines load."""

LAYER = "layer.tar"
"""All files of an image but its SBOM, as the build host gives them."""

SBOM = "/usr/share/sbom/librespot.cdx.json"
"""Of what the image is made, as CycloneDX: in the image itself, so that whoever has the one has the other."""

IMAGE_ID = re.compile(r"sha256:[0-9a-f]{64}")
"""What an engine calls an image: the digest of its configuration."""

NOT_MADE = "an image that is not made yet"
"""What stands for the id of an image in check mode, where nothing is made."""

ARTIFACT_LABEL = "hardened.librespot.artifact"
"""By which an image is known to be ours; a container inherits it. Its value is the artifact's identifier."""

SBOM_LABEL = "hardened.librespot.sbom"
"""Whose value is the digest of the image's `SBOM`."""

_REVISION = 4
"""Raised whenever the same artifact would give another image, the packages of the distribution aside."""


@dataclass(frozen=True)
class Platform:
    """An architecture, as ``uname -m`` names it, in the words of others.

    *engine* and *variant* are those of the image specification of the OCI, *triplet* is Debian's directory for
    libraries, *loader* the path of the program interpreter that the ABI fixes.
    """

    engine: str
    variant: str
    triplet: str
    loader: str


PLATFORMS: Mapping[str, Platform] = {
    "x86_64": Platform("amd64", "", "x86_64-linux-gnu", "/lib64/ld-linux-x86-64.so.2"),
    "aarch64": Platform("arm64", "v8", "aarch64-linux-gnu", "/lib/ld-linux-aarch64.so.1"),
    "armv7l": Platform("arm", "v7", "arm-linux-gnueabihf", "/lib/ld-linux-armhf.so.3"),
}


@dataclass(frozen=True)
class ImageFile:
    """A file of an image, or with *target* a symbolic link. *origin* is the package that it is from, or `OURS`."""

    path: str
    origin: str
    content: bytes = b""
    mode: int = 0o444
    target: str = ""


@dataclass(frozen=True)
class ImagePackage:
    """A package of the distribution of which files are in an image, and the *source* that advisories are about."""

    name: str
    version: str
    architecture: str
    source: str
    source_version: str


@dataclass(frozen=True)
class Read:
    """What a library reads when it runs: *paths* of a *package*; one that ends in a slash is a directory."""

    package: str
    paths: tuple[str, ...]


READ_BY: Mapping[str, tuple[Read, ...]] = {
    # Its topology and use-case files are for tools that set a card up; a stream needs these alone.
    "libasound.so.2": (
        Read("libasound2-data", ("/usr/share/alsa/alsa.conf", "/usr/share/alsa/cards/", "/usr/share/alsa/pcm/")),
    ),
}

CERTIFICATES = Read("ca-certificates", ("/usr/share/ca-certificates/mozilla/",))
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
OWN_CERTIFICATES = "rustls-tls-webpki-roots"
"""The feature with which librespot brings its certificates; any other build reads those of the system."""

OURS = "hardened.librespot"
"""The origin of what is from no package."""


def skeleton(platform: Platform) -> list[ImageFile]:
    """Return what a program expects of any system of that *platform*."""
    top = platform.loader.split("/")[1]
    links = [ImageFile(f"/{name}", OURS, target=f"usr/{name}") for name in sorted({"lib", top})]
    return [
        *links,
        ImageFile("/etc/group", OURS, f"librespot:x:{USER}:\n".encode()),
        # Names are asked of the engine's resolver, and the container's own is in /etc/hosts.
        ImageFile("/etc/nsswitch.conf", OURS, b"passwd: files\ngroup: files\nhosts: files dns\n"),
        ImageFile("/etc/passwd", OURS, f"librespot:x:{USER}:{USER}:librespot:/:/nonexistent\n".encode()),
    ]


def image_identifier(artifact: Mapping[str, Any], probe: str) -> str:
    """Return the name of the image of an *artifact*, by its manifest, with the health check's source *probe*.

    Readable first, then twelve digits of the digest of what goes into it. The distribution's packages are not in it:
    which image they made is told by the image's own digest.
    """
    inputs = {"artifact": artifact["id"], "sha256": artifact["binary"]["sha256"], "probe": probe, "revision": _REVISION}
    inputs["sbom"] = artifact["sbom"]["sha256"]
    digest = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:12]
    return f"image-{artifact['version']}-{artifact['binary']['architecture']}-{digest}"
