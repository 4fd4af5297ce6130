# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of versions, by the library for it."""

from __future__ import annotations

from collections.abc import Iterable

from ..module_utils.model.errors import HostError, SpecificationError

try:
    from semver import Version
except ImportError as error:
    LACKING = str(error)
else:
    LACKING = ""
    """Why nothing here can be used, where semver is not installed."""


def parsed(version: str, source: str) -> Version:
    """Return the *version* that *source* names. Raises `HostError` for what is none."""
    try:
        return Version.parse(version)
    except (ValueError, TypeError) as error:
        raise HostError(f"{source} names {version!r}, which is no version: {error}", "Nothing was remembered") from None


def asked(version: str, path: str) -> Version:
    """Return the *version* that a user wrote at *path*. Raises `SpecificationError` for what is none."""
    try:
        return Version.parse(version)
    except (ValueError, TypeError):
        raise SpecificationError(path, version, "is not a version", "Write three numbers, as in 0.8.0") from None


def newest_first(versions: Iterable[str], source: str) -> list[str]:
    """Return *versions* in their order. Those that differ in build metadata alone are equal, and ordered by it."""
    return sorted(versions, key=lambda version: (parsed(version, source), version), reverse=True)


def is_version(text: str) -> bool:
    """Tell whether *text* is a version."""
    return Version.is_valid(text)


def older(version: str, other: str) -> bool:
    """Tell whether *version* is older than *other*; what is no version is older than nothing."""
    return is_version(version) and Version.parse(version) < Version.parse(other)
