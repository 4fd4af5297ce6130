# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Package URLs of what a scan is about."""

from __future__ import annotations

from ...module_utils.model.statements import LIBRESPOT
from ...module_utils.model.vulnerability import Vulnerability

try:
    from packageurl import PackageURL
except ImportError as error:
    LACKING = str(error)
else:
    LACKING = ""
    """Why nothing here can be used, where packageurl-python is not installed."""


def crate(name: str, version: str) -> str:
    """Return the package URL of a crate."""
    return PackageURL("cargo", name=name, version=version or None).to_string()


def source_package(distribution: str, release: str, name: str, version: str) -> str:
    """Return the package URL of a source package of a *release* of a *distribution* that has packages of Debian's."""
    qualifiers = {"arch": "source", "distro": f"{distribution}-{release}"}
    return PackageURL("deb", distribution, name, version, qualifiers).to_string()


def part(name: str) -> str:
    """Return the package URL of what is in an image and is no package of any kind."""
    return PackageURL("generic", name=name).to_string()


def package(found: Vulnerability) -> str:
    """Return the package URL of what an advisory was *found* on."""
    return found.purl or crate(found.package, found.package_version)


def product(librespot: str) -> str:
    """Return the package URL of a version of librespot, or of librespot when it is not known."""
    return crate(LIBRESPOT, librespot)
