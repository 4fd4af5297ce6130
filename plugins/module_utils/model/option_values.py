# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the value of one option: what YAML gives, in the form that the program takes."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any, Callable, Union
from urllib.parse import urlsplit

from .errors import SpecificationError
from .option import CHOICE, DECIMAL, FLAG, INTEGER, ON_OFF, PATHS, SIZE, TEXT, URL, Option
from .options_table import choices_of
from .reading import boolean
from .text import literal

OptionValue = Union[str, bool, tuple[str, ...]]
"""Text; True for a flag that is on; several paths."""

_INTEGER = re.compile(r"-?\d{1,10}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d{1,10}(\.\d{1,20})?", re.ASCII)
# The program multiplies in 64 bits without a check, so that Z and Y come out as some other size.
_SIZE = re.compile(r"\d{1,12}(\.\d{1,3})?([KMGTPE]i?)?", re.ASCII | re.IGNORECASE)
_HOST = re.compile(r"[A-Za-z0-9.:-]+", re.ASCII)


def option_value(option: Option, value: Any, path: str, version: str) -> OptionValue:
    """Return *value* as the program takes it; False for a flag that is off. Raises `SpecificationError`."""
    return _READERS[option.kind](replace(option, choices=choices_of(option, version)), value, path)


def _flag(_option: Option, value: Any, path: str) -> bool:
    return boolean(value, path)


def _choice(option: Option, value: Any, path: str) -> str:
    if isinstance(value, bool):
        text = "on" if value else "off"
    else:
        text = str(value) if isinstance(value, (str, int)) else ""
    for choice in option.choices:
        if choice.lower() == text.lower():
            return choice
    gone = [last for choice, last in option.retired if choice == text.lower()]
    problem = f"is gone since librespot {gone[0]}" if gone else "is not one of the choices"
    raise SpecificationError(path, value, problem, f"Choose one of: {', '.join(option.choices)}")


def _integer(option: Option, value: Any, path: str) -> str:
    right = f"Write a whole number from {option.minimum} to {option.maximum}"
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    if not _INTEGER.fullmatch(text):
        raise SpecificationError(path, value, "is not a whole number", right)
    _in_range(option, Decimal(text), value, path, right)
    return str(int(text))


def _decimal(option: Option, value: Any, path: str) -> str:
    right = f"Write a number from {option.minimum} to {option.maximum}, as 2.5"
    text = str(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else ""
    if isinstance(value, float) and "e" in text:
        text = format(Decimal(text), "f")
    if not _DECIMAL.fullmatch(text):
        raise SpecificationError(path, value, "is not a plain number", right)
    number = Decimal(text)
    _in_range(option, number, value, path, right)
    return format(number, "f")


def _in_range(option: Option, number: Decimal, value: Any, path: str, right: str) -> None:
    low, high = option.minimum, option.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise SpecificationError(path, value, "is out of range", right)


def _size(_option: Option, value: Any, path: str) -> str:
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    if not _SIZE.fullmatch(text) or not text.strip("0.KMGTPEIkmgtpei"):
        raise SpecificationError(
            path, value, "is not a size", "Write a number with K, M, G or T (or Ki, Mi, …), as 2G; it is more than 0"
        )
    return text


def _text(option: Option, value: Any, path: str) -> str:
    return literal(value, path, option.most_bytes)


def _url(option: Option, value: Any, path: str) -> str:
    right = "Write http://host:port"
    # Anything wrong may be a password at the wrong place, so the value is not shown.
    text = literal(value, path, option.most_bytes, secret=True)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise SpecificationError(path, value, "is not the address of a proxy", right, secret=True) from None
    if "@" in text:
        raise SpecificationError(
            path,
            value,
            "holds a user or a password, which everything in the service's environment can read",
            f"{right}, of a proxy that knows the host by its address",
            secret=True,
        )
    plain = parts.scheme in ("http", "https") and port and parts.hostname and _HOST.fullmatch(parts.hostname)
    if not plain or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise SpecificationError(path, value, "is not the address of a proxy", right, secret=True)
    return text


def _paths(option: Option, value: Any, path: str) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise SpecificationError(path, value, "is not a list", "Write a list of directories")
    found: list[str] = []
    for index, item in enumerate(value):
        found.append(absolute(literal(item, f"{path}[{index}]", option.most_bytes), f"{path}[{index}]"))
    return tuple(found)


def absolute(text: str, path: str) -> str:
    """Return *text* when it is an absolute path that goes through no ``.`` or ``..``."""
    if not text.startswith("/") or {".", ".."} & set(text.split("/")):
        raise SpecificationError(path, text, "is not an absolute path", "Write a path from / on, without . and ..")
    return text


_READERS: dict[str, Callable[[Option, Any, str], OptionValue]] = {
    FLAG: _flag,
    ON_OFF: _choice,
    CHOICE: _choice,
    INTEGER: _integer,
    DECIMAL: _decimal,
    SIZE: _size,
    TEXT: _text,
    URL: _url,
    PATHS: _paths,
}
