# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stored logins: what librespot would do with the text of a ``credentials.json``. Nothing of it is ever shown.

librespot (core/src/authentication.rs of 0.8.0) wants a number ``auth_type`` and ``auth_data`` in base64. A file that it
cannot read makes it warn and go on without a login.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

_LONGEST = 16384


def _read(text: Any) -> Mapping[str, Any] | None:
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, Mapping) and found else None


def unusable_login(text: Any) -> str:
    """Return what is wrong with *text* as a stored login; empty when librespot can read it."""
    found = _read(text)
    if found is None:
        return "is not the text of a credentials.json"
    if "auth_type" in found and (isinstance(found["auth_type"], bool) or not isinstance(found["auth_type"], int)):
        return "has an auth_type that is no number"
    if "auth_data" in found and not _base64(found["auth_data"]):
        return "has auth_data that is not base64"
    return ""


def complete_login(text: str) -> bool:
    """Whether librespot can log in by *text* alone, as far as its form goes."""
    found = _read(text)
    return found is not None and "auth_type" in found and bool(found.get("auth_data"))


def _base64(value: Any) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError, TypeError):
        return False
    return True
