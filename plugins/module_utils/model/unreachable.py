# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Advisories that are in librespot's dependencies and that librespot does not reach, and why.

Each was read out of the sources of the versions that it names: which functions librespot calls, and which the advisory
is about. It does not hold for any other version, nor when another package uses the one that is affected.
"""

from __future__ import annotations

from .statements import NOT_AFFECTED, Statement

ORIGIN = "the collection"

_NOT_EXECUTED = "vulnerable_code_not_in_execute_path"
_NOT_CONTROLLED = "vulnerable_code_cannot_be_controlled_by_adversary"
_CORE = ("librespot-core",)
_PROXY = "hyper-proxy2"
_WITH_PROXY = "as long as no instance has the option proxy: hyper-proxy2 alone uses it, for TLS through a proxy"
_NO_CRL = "hyper-proxy2 checks certificates without lists of revoked ones (with_no_client_auth, no CRL is ever given)"

UNREACHABLE = (
    Statement(
        "RUSTSEC-2023-0071",
        NOT_AFFECTED,
        "rsa",
        ("0.9.*",),
        ("0.6.0", "0.7.1", "0.8.0"),
        _NOT_EXECUTED,
        "librespot holds no private key: it checks the signature of the access point with a public one (handshake.rs)",
        ORIGIN,
        users=_CORE,
    ),
    *(
        Statement(
            identifier,
            NOT_AFFECTED,
            "quick-xml",
            ("0.36.*", "0.38.*"),
            ("0.6.0", "0.7.1", "0.8.0"),
            _NOT_EXECUTED,
            f"librespot reads the product's data with a plain Reader and {never} (session.rs)",
            ORIGIN,
            users=_CORE,
        )
        for identifier, never in (
            ("RUSTSEC-2026-0194", "never asks for the attributes of a tag"),
            ("RUSTSEC-2026-0195", "no NsReader, which alone resolves namespaces"),
        )
    ),
    *(
        Statement(
            identifier,
            NOT_AFFECTED,
            "rustls-webpki",
            ("0.102.*",),
            ("0.7.1", "0.8.0"),
            _NOT_EXECUTED,
            _WITH_PROXY if by_proxy else _NO_CRL,
            ORIGIN,
            through=_PROXY,
            unless_proxy=by_proxy,
        )
        for identifier, by_proxy in (
            ("RUSTSEC-2026-0049", False),
            ("RUSTSEC-2026-0104", False),
            ("RUSTSEC-2026-0098", True),
            ("RUSTSEC-2026-0099", True),
        )
    ),
    Statement(
        "RUSTSEC-2025-0134",
        NOT_AFFECTED,
        "rustls-pemfile",
        ("2.2.*",),
        ("0.7.1", "0.8.0"),
        _NOT_CONTROLLED,
        "hyper-proxy2 reads nothing with it but the certificates of the host, which root alone can write",
        ORIGIN,
        through=_PROXY,
    ),
)
"""The collection's own statements."""
