# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The packages of a distribution that have a Rust which is new enough."""

from __future__ import annotations

_WITH_OLD_RUST = (("debian", "12"), ("raspbian", "12"))
"""Their own rustc is too old, and the packages made for their web browsers are not."""

C_COMPILER = ("gcc", "libc6-dev")
"""What links a program of Rust."""


def rust_packages(distribution: str, release: str) -> tuple[str, str]:
    """Return the packages of cargo and of rustc in this *release* of a *distribution*."""
    return ("cargo-web", "rustc-web") if (distribution, release) in _WITH_OLD_RUST else ("cargo", "rustc")
