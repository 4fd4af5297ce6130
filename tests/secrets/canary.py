# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A secret that can be recognised in every form that it may leak in."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass

HALF = 16


@dataclass(frozen=True)
class Canary:
    """Letters and digits, so that no quoting changes them; either half is enough to tell."""

    core: str

    @property
    def credentials(self) -> str:
        """The text of a credentials.json with it. librespot refuses it with a warning and goes on without a login."""
        return json.dumps({"canary": self.core, "quoted": f'"\\{self.core}/+=é%\n'})

    @property
    def forms(self) -> list[str]:
        """Return what to look for."""
        halves = (self.core[:HALF], self.core[HALF:])
        return sorted({form for half in halves for form in _forms(half)})


def fresh() -> Canary:
    """Return one that nobody has seen."""
    return Canary(secrets.token_hex(HALF))


def _forms(text: str) -> list[str]:
    return [
        text,
        text.upper(),
        text[::-1],
        text.encode().hex(),
        text.encode().hex().upper(),
        text.encode()[::-1].hex(),
        "".join(f"%{ord(character):02X}" for character in text),
        "".join(f"%{ord(character):02x}" for character in text),
        "".join(f"\\u{ord(character):04x}" for character in text),
        "".join(f"\\x{ord(character):02x}" for character in text),
        "".join(f"{character}\0" for character in text),
        *_base64(text),
    ]


def _base64(text: str) -> list[str]:
    """Return what *text* becomes in the base64 of a longer text: where it begins in there decides it."""
    found = []
    for before in range(3):
        encoded = base64.b64encode(b"." * before + text.encode()).decode().rstrip("=")
        # The first characters are also made of what stands before, the last of what comes after.
        found.append(encoded[4 if before else 0 : len(encoded) // 4 * 4])
    return found
