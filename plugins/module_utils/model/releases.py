# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The releases of librespot that the collection knows: their pinned digests, and what building them takes."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import SpecificationError
from .version import version_key

_BACKENDS = (
    "alsa-backend",
    "gstreamer-backend",
    "jackaudio-backend",
    "portaudio-backend",
    "pulseaudio-backend",
    "rodio-backend",
    "rodiojack-backend",
    "sdl-backend",
)
_DISCOVERY = ("with-avahi", "with-dns-sd", "with-libmdns")
TLS = ("native-tls", "rustls-tls-native-roots", "rustls-tls-webpki-roots")
_FEATURES = (*_BACKENDS, *_DISCOVERY, "passthrough-decoder")

CURRENT = "0.8.0"
"""The release that is meant where none is named."""

HELD = ("vergen",)
"""Crates that a refreshed lock file leaves at upstream's versions, since newer ones do not compile with it.

vergen 9.1 brings another vergen-lib than vergen-gitcl 1.0 works with. It runs on the build host alone.
"""

OLDEST_RUST = (1, 85)
"""What the pinned cargo-auditable needs; no known release of librespot needs a newer one."""


@dataclass(frozen=True)
class Crate:
    """One crate of the registry: its name, version, and the SHA-256 of its ``.crate`` file in hexadecimal."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True)
class Release:
    """One release. *rust* is the oldest compiler; *published* the day it appeared, in seconds since 1970."""

    crate: Crate
    published: int
    rust: tuple[int, int]
    features: tuple[str, ...]
    default_features: tuple[str, ...]


AUDITABLE = Crate("cargo-auditable", "0.7.1", "a2c1b4698e26a181323fb75862efed92222ab89606a9b61dc9d96f27bc6816bc")

_RELEASES = (
    Release(
        Crate("librespot", "0.8.0", "030c5e98cc06f20283b5948ae23bdac1de0dec58dee2c5ec4c8dafc7aaa796ab"),
        1762732800,
        (1, 85),
        (*_FEATURES, *TLS),
        ("alsa-backend", "rustls-tls-webpki-roots", "with-libmdns"),
    ),
    Release(
        Crate("librespot", "0.7.1", "2c7cb6c7727d1e05d1bdb33841ccfa5d00fee9c8b2076009d83810c0aaa5b366"),
        1756598400,
        (1, 85),
        (*_FEATURES, *TLS),
        ("alsa-backend", "rustls-tls-webpki-roots", "with-libmdns"),
    ),
    Release(
        Crate("librespot", "0.6.0", "96e4b1f97b2767e35327b8443dcc1d2360a83c1c09a8686bf824ff61ab50f04c"),
        1730246400,
        (1, 75),
        _FEATURES,
        ("alsa-backend", "with-libmdns"),
    ),
)


def known_release(version: str) -> Release | None:
    """Return the release *version*, or None when the collection does not know it."""
    return next((release for release in _RELEASES if release.crate.version == version), None)


def release_to_build(version: str, pinned: str) -> Release:
    """Return the release *version* with its digest: the collection's own, or else the user's *pinned* one.

    Of a release that the collection does not know, the features are taken to be those of the newest one that it does.
    Raises `SpecificationError` for a version without a digest, and for a digest that contradicts the collection's.
    """
    release = known_release(version)
    if release is not None:
        if pinned and pinned != release.crate.sha256:
            raise SpecificationError(
                "crate_sha256",
                pinned,
                f"is not the digest of librespot {version}, which is {release.crate.sha256}",
                "Leave it out for a version that the collection knows",
            )
        return release
    if not pinned:
        versions = ", ".join(known.crate.version for known in _RELEASES)
        raise SpecificationError(
            "version",
            version,
            f"is not one of the versions whose digest the collection knows ({versions})",
            "Use one of them, or give the SHA-256 of its .crate file as crate_sha256",
        )
    newest = max(_RELEASES, key=lambda known: version_key(known.crate.version))
    return Release(
        Crate("librespot", version, pinned), newest.published, newest.rust, newest.features, newest.default_features
    )
