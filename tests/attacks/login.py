# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The form with which an application hands a login to a speaker, well made and badly made.

Worthless here is a login that is encrypted as it should be, for an account that is none.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import urllib.parse

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

# The group of the key exchange: RFC 2409's first, with generator 2.
PRIME = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A3620FFFFFFFFFFFFFFFF",
    16,
)
GENERATOR = 2
BLOCK = 16


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def _block(key: bytes, block: bytes) -> bytes:
    """Return one block encrypted by itself."""
    cipher = Cipher(algorithms.AES(key), modes.CBC(bytes(BLOCK))).encryptor()
    return cipher.update(block) + cipher.finalize()


def _stored(user: str, device: str) -> bytes:
    """Return a stored login of type 1, encrypted for the device."""
    plain = b"\x00\x00\x00\x01\x00\x08password"
    plain += bytes(-len(plain) % BLOCK)
    key = hashlib.pbkdf2_hmac("sha1", _sha1(device.encode()), user.encode(), 0x100, 20)
    key = _sha1(key) + (20).to_bytes(4, "big")
    chained = bytearray(plain)
    for at in range(BLOCK, len(chained)):
        chained[at] ^= chained[at - BLOCK]
    blocks = (bytes(chained[at : at + BLOCK]) for at in range(0, len(chained), BLOCK))
    return base64.b64encode(b"".join(_block(key, block) for block in blocks))


def form(info: dict[str, object], user: str, inner: bytes | None = None) -> dict[str, str]:
    """Return the fields of a login for the speaker that answered *info*; *inner* replaces what is encrypted."""
    mine = int.from_bytes(os.urandom(95), "big")
    theirs = int.from_bytes(base64.b64decode(str(info["publicKey"])), "big")
    base = _sha1(_bytes(pow(theirs, mine, PRIME)))[:16]
    secret = hmac.new(base, b"encryption", "sha1").digest()[:16]
    start = os.urandom(16)
    cipher = Cipher(algorithms.AES(secret), modes.CTR(start)).encryptor()
    hidden = cipher.update(inner if inner is not None else _stored(user, str(info["deviceID"]))) + cipher.finalize()
    check = hmac.new(hmac.new(base, b"checksum", "sha1").digest(), hidden, "sha1").digest()
    return {
        "action": "addUser",
        "userName": user,
        "blob": base64.b64encode(start + hidden + check).decode(),
        "clientKey": base64.b64encode(_bytes(pow(GENERATOR, mine, PRIME))).decode(),
    }


def encoded(fields: dict[str, str]) -> bytes:
    """Return the fields as the body of a request."""
    return urllib.parse.urlencode(fields).encode()


def malformed(info: dict[str, object]) -> dict[str, bytes]:
    """Return bodies that are wrong, each in its way."""
    good = form(info, "nobody")
    blob, key = "blob", "clientKey"
    bodies = {f"without {name}": {k: v for k, v in good.items() if k != name} for name in ("userName", blob, key)}
    short = {size: base64.b64encode(bytes(size)).decode() for size in (0, 1, 15, 16, 19, 20, 35, 36, 37)}
    bodies |= {f"blob of {size} bytes": {**good, blob: text} for size, text in short.items()}
    bodies |= {
        "blob is not base64": {**good, blob: "%%%"},
        "blob of another key": {**good, key: form(info, "nobody")[key]},
        "key is not base64": {**good, key: "%%%"},
        "key is empty": {**good, key: ""},
        "key is zero": {**good, key: base64.b64encode(b"\0").decode()},
        "key of 64 KiB": {**good, key: base64.b64encode(b"\xff" * 65536).decode()},
        "user with line breaks": {
            **good,
            "userName": "a\nJan 01 00:00:00 host sshd: Accepted password\n",
            blob: short[36],
        },
        "user of 64 KiB": {**good, "userName": "x" * 65536, blob: short[36]},
        "inner text is empty": form(info, "nobody", b""),
        "inner text is not base64": form(info, "nobody", b"\xff" * 32),
        "inner text is short": form(info, "nobody", base64.b64encode(b"x" * 5)),
        "inner text is random": form(info, "nobody", base64.b64encode(b"\xff" * 32)),
    }
    return {
        **{name: encoded(fields) for name, fields in bodies.items()},
        "nothing": b"",
        "no form": b"\xff" * 4096,
        "no such action": b"action=format",
    }
