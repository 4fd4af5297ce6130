# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a module's parameters to the recipe of an artifact, for each way to get one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .artifact import ARTIFACT, CRATE, PACKAGE, Recipe, Target, sha256, target
from .errors import SpecificationError
from .lock import UPSTREAM
from .reading import integer
from .releases import AUDITABLE, TLS, Crate, release_to_build

_DEBIAN_ARCHITECTURES = {
    "aarch64": "arm64",
    "armv6l": "armhf",
    "armv7l": "armhf",
    "i686": "i386",
    "riscv64": "riscv64",
    "x86_64": "amd64",
}
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+~:_/-]*")
"""What names of suites, components, packages and their versions are made of."""

_LAST_EPOCH = 2**32 - 1
"""What every format of an archive can hold."""


@dataclass(frozen=True)
class CrateSource:
    """How librespot is built from its crate."""

    crate: Crate
    rust: tuple[int, int]
    features: tuple[str, ...]
    source_date_epoch: int


@dataclass(frozen=True)
class PackageSource:
    """A Debian package with librespot in it: the address of a file, or a name in an apt repository.

    *deb_sha256* may be empty only when *key*, the repository's public key in ASCII armour, vouches for the package.
    """

    url: str
    repository: str
    suite: str
    component: str
    package: str
    package_version: str
    architecture: str
    key: str
    deb_sha256: str


def recipe(params: Mapping[str, Any]) -> Recipe:
    """Return the recipe of the artifact that *params* ask for. Raises `SpecificationError` for what is not usable."""
    where = target(params)
    if params["method"] == CRATE:
        return _crate_recipe(where, crate_source(params), params["lock"])
    if params["method"] == PACKAGE:
        return _package_recipe(where, package_source(params))
    _needed(params, "url", "the method artifact")
    _needed(params, "sha256", "the method artifact")
    return Recipe(ARTIFACT, where, (("sha256", sha256(params["sha256"], "sha256")),))


def unknown_identifier(params: Mapping[str, Any]) -> str:
    """Return what stands for the identifier while the lock file, from which it follows, is not known."""
    where = target(params)
    return f"{where.version}-{where.architecture}-{where.baseline}-{'0' * 12}"


def crate_source(params: Mapping[str, Any]) -> CrateSource:
    """Read how to build from the crate from a module's parameters."""
    pinned = sha256(params["crate_sha256"], "crate_sha256") if params["crate_sha256"] else ""
    release = release_to_build(params["version"], pinned)
    features = tuple(sorted(set(params["features"] or release.default_features)))
    for index, feature in enumerate(params["features"] or ()):
        if feature not in release.features:
            raise SpecificationError(
                f"features[{index}]",
                feature,
                f"is not a feature of librespot {params['version']}",
                f"Choose from: {', '.join(sorted(release.features))}",
            )
    if any(feature in TLS for feature in release.features):
        _exactly_one_tls(features)
    epoch = release.published if params["source_date_epoch"] is None else params["source_date_epoch"]
    epoch = integer(epoch, "source_date_epoch", 0, _LAST_EPOCH, "seconds since 1970")
    return CrateSource(release.crate, release.rust, features, epoch)


def _exactly_one_tls(features: Sequence[str]) -> None:
    chosen = [feature for feature in features if feature in TLS]
    if len(chosen) != 1:
        raise SpecificationError(
            "features",
            list(features),
            f"has {' and '.join(chosen) or 'no TLS library'} where exactly one is needed",
            f"Choose one of: {', '.join(TLS)}",
        )


def _crate_recipe(where: Target, source: CrateSource, lock: str) -> Recipe:
    """Return the recipe for building *source* with the dependencies of *lock*: upstream's, or the digest of another."""
    return Recipe(
        CRATE,
        where,
        (
            ("crate_sha256", source.crate.sha256),
            ("features", source.features),
            ("lock", lock if lock == UPSTREAM else sha256(lock, "lock")),
            ("source_date_epoch", source.source_date_epoch),
            ("cargo_auditable", AUDITABLE.version),
        ),
    )


def package_source(params: Mapping[str, Any]) -> PackageSource:
    """Read where the package is from a module's parameters."""
    architecture = _DEBIAN_ARCHITECTURES.get(params["architecture"], "")
    if not architecture:
        known = ", ".join(sorted(_DEBIAN_ARCHITECTURES))
        raise SpecificationError("architecture", params["architecture"], "has no packages", f"Known are: {known}")
    if bool(params["url"]) == bool(params["repository"]):
        raise SpecificationError(
            "url", params["url"], "or else repository says where the package is", "Give exactly one of the two"
        )
    if params["url"]:
        _needed(params, "sha256", "a package without a repository")
    else:
        for name in ("key", "suite", "package_version"):
            _needed(params, name, "a repository")
        for name in ("suite", "component", "package", "package_version"):
            if _PLAIN.fullmatch(params[name]) is None or ".." in params[name]:
                raise SpecificationError(name, params[name], "is not a plain name", "Write it as apt shows it")
    return PackageSource(
        params["url"],
        params["repository"].rstrip("/"),
        params["suite"],
        params["component"],
        params["package"],
        params["package_version"],
        architecture,
        params["key"],
        sha256(params["sha256"], "sha256") if params["sha256"] else "",
    )


def _package_recipe(where: Target, source: PackageSource) -> Recipe:
    if source.deb_sha256:
        return Recipe(PACKAGE, where, (("deb_sha256", source.deb_sha256),))
    return Recipe(
        PACKAGE,
        where,
        (
            ("repository", source.repository),
            ("suite", source.suite),
            ("component", source.component),
            ("package", source.package),
            ("package_version", source.package_version),
            ("key_sha256", hashlib.sha256(source.key.encode()).hexdigest()),
        ),
    )


def _needed(params: Mapping[str, Any], name: str, by: str) -> None:
    if not params[name]:
        raise SpecificationError(name, params[name], f"is needed by {by}", f"Give {name}")
