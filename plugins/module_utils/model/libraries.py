# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Debian packages that have the system libraries which librespot may load."""

from __future__ import annotations

from collections.abc import Sequence

_PACKAGES = {
    "libSDL2-2.0.so.0": "libsdl2-2.0-0",
    "libasound.so.2": "libasound2",
    "libdns_sd.so.1": "libavahi-compat-libdnssd1",
    "libgstapp-1.0.so.0": "libgstreamer-plugins-base1.0-0",
    "libgstreamer-1.0.so.0": "libgstreamer1.0-0",
    "libjack.so.0": "libjack-jackd2-0",
    "libportaudio.so.2": "libportaudio2",
    "libpulse-simple.so.0": "libpulse0",
    "libpulse.so.0": "libpulse0",
    "libssl.so.3": "libssl3",
}
_RENAMED = {"libasound2": "libasound2t64", "libssl3": "libssl3t64"}
"""Renamed when 32-bit architectures got 64-bit times."""

_FIRST_RENAMED = {"debian": 13, "raspbian": 13, "ubuntu": 24}


def packages(libraries: Sequence[str], distribution: str, release: str) -> list[str]:
    """Return the packages of this distribution that have *libraries*; of one that is not known, nothing."""
    names = {_PACKAGES[library] for library in libraries if library in _PACKAGES}
    major = release.partition(".")[0]
    renamed = major.isdigit() and int(major) >= _FIRST_RENAMED.get(distribution, 1000)
    return sorted(_RENAMED.get(name, name) if renamed else name for name in names)
