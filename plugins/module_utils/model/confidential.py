# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a user's arguments may not be repeated anywhere, whether it stands in its place or not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from .bind import KEYS as BIND_KEYS
from .limits import Limits
from .option import URL
from .options_table import BY_NAME
from .relaxations import NAMES
from .segment import KEYS as SEGMENT_KEYS

_LOGIN_KEYS = frozenset({"access-token", "credentials", "login", "password", "token", "username"})
KEYS = ("name", "state", "port", "bind", "segment", "access", "options", "limits", "relaxations")
"""The keys of an instance."""

_NESTED: Mapping[str, Collection[str]] = {
    "bind": BIND_KEYS,
    "limits": tuple(Limits.__dataclass_fields__),
    "relaxations": NAMES,
    "segment": SEGMENT_KEYS,
}
# Hiding a text hides it wherever it occurs, and so short a one would hide half of every message.
_SHORTEST = 4


def logins(credentials: Any) -> set[str]:
    """Return the texts of stored credentials, whatever their shape."""
    return {text for text in _texts(credentials) if len(text) >= _SHORTEST}


def misplaced(instances: Any) -> set[str]:
    """Return the texts in *instances* that are, or may be, a secret at the wrong place.

    These are values of options that take one or do not exist, addresses with a user in them, and logins among the keys.
    """
    found: set[str] = set()
    for instance in instances if isinstance(instances, Sequence) and not isinstance(instances, str) else ():
        if not isinstance(instance, Mapping):
            continue
        for key, value in instance.items():
            # What is not known may be anything; it is refused, and shown nowhere.
            if _plain(key) in _LOGIN_KEYS or str(key) not in KEYS:
                found |= logins(value)
            elif key in _NESTED and isinstance(value, Mapping):
                known = _NESTED[key]
                found |= {text for name, item in value.items() if str(name) not in known for text in logins(item)}
        options = instance.get("options")
        for key, value in options.items() if isinstance(options, Mapping) else ():
            if _suspicious(_plain(key), value):
                found |= logins(value)
    return found


def _suspicious(name: str, value: Any) -> bool:
    option = BY_NAME.get(name)
    return option is None or option.secret or (option.kind == URL and "@" in str(value))


def _plain(key: Any) -> str:
    return str(key).replace("_", "-").lower()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, int):
        yield str(value)
