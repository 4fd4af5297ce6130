# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether values have the types that Grafana's library says of them, which it does not look at by itself."""

from __future__ import annotations

import enum
import json
import types
import typing
from collections.abc import Iterator

from grafana_foundation_sdk.cog.encoder import JSONEncoder


def misfits(thing: object, path: str = "") -> list[str]:
    """Return the paths below *thing*, an object of the library, whose value is of no type that they may have."""
    found: list[str] = []
    hints = typing.get_type_hints(type(thing))
    for name, value in vars(thing).items():
        if not _fits(value, hints[name]):
            found.append(f"{path}.{name}")
        for below, item in _below(value):
            found += misfits(item, f"{path}.{name}{below}")
    return found


def _below(value: object) -> Iterator[tuple[str, object]]:
    items = enumerate(value) if isinstance(value, list) else [("", value)]
    for number, item in items:
        if type(item).__module__.startswith("grafana_foundation_sdk.") and not isinstance(item, enum.Enum):
            yield (f"[{number}]" if number != "" else "", item)


def _fits(value: object, hint: typing.Any) -> bool:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is None:
        return _is(value, hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, one) for one in inner)
    if origin is typing.Literal:
        return value in inner
    if origin is list:
        return isinstance(value, list) and all(_fits(item, inner[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(item, inner[1]) for item in value.values())
    return isinstance(value, hint)


def _is(value: object, hint: typing.Any) -> bool:
    if hint is typing.Any:
        return True
    if issubclass(hint, enum.Enum):
        return value in {item.value for item in hint} or isinstance(value, hint)
    if isinstance(value, dict) and hasattr(hint, "from_json"):
        # What the library does not read further it leaves as it came.
        read = hint.from_json(value)
        back = json.loads(json.dumps(read, cls=JSONEncoder))
        return value.items() <= back.items() and not misfits(read)
    if hint in (int, float):
        return isinstance(value, (int, hint)) and not isinstance(value, bool)
    return isinstance(value, hint)
