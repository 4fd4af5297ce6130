# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an apt repository says about its files, read from its deb822 lists."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from .errors import HostError, SpecificationError

_ARMOUR = re.compile(
    r"-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[A-Za-z]+: .*\r?\n)*\r?\n"
    r"([A-Za-z0-9+/=\r\n]+?)(?:\r?\n=[A-Za-z0-9+/]{4})?\r?\n-----END PGP PUBLIC KEY BLOCK-----"
)


def armoured_key(text: str) -> bytes:
    """Return the public keys in *text*, which is ASCII armour, as the keyring that gpgv reads."""
    blocks = _ARMOUR.findall(text)
    try:
        keys = b"".join(base64.b64decode("".join(block.split()), validate=True) for block in blocks)
    except binascii.Error:
        keys = b""
    if not keys:
        raise SpecificationError(
            "key", text[:60], "is not a public key in ASCII armour", "Give the text of the repository's .asc file"
        )
    return keys


def find_file(release: str, path: str) -> str:
    """Return the SHA-256 of *path* in the text of a ``Release`` file; empty when it is not listed."""
    for paragraph in _paragraphs(release):
        for line in paragraph.get("sha256", "").splitlines():
            fields = line.split()
            if len(fields) == 3 and fields[2] == path:
                return fields[0].lower()
    return ""


def find_package(index: str, package: str, version: str, architecture: str) -> tuple[str, str]:
    """Return the path and the SHA-256 of a package in the text of a ``Packages`` file."""
    found = []
    for paragraph in _paragraphs(index):
        if paragraph.get("package") != package:
            continue
        if paragraph.get("version") == version and paragraph.get("architecture") == architecture:
            path, digest = paragraph.get("filename", ""), paragraph.get("sha256", "").lower()
            if not path or path.startswith("/") or ".." in path.split("/") or len(digest) != 64:
                raise HostError(
                    f"The repository lists {package} without a usable path and digest", "Ask its maintainer"
                )
            return path, digest
        found.append(paragraph.get("version", ""))
    raise HostError(
        f"The repository has no {package} {version} for {architecture}",
        f"It has: {', '.join(found) or 'no such package'}",
    )


def _paragraphs(text: str) -> Iterator[dict[str, str]]:
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line[:1] in {" ", "\t"} and name:
                fields[name] += f"\n{line.strip()}"
            elif ":" in line:
                name, _colon, value = line.partition(":")
                name = name.lower()
                fields[name] = value.strip()
        yield fields
