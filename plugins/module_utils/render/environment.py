# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The environment that an instance is given, as systemd reads it from a file."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..model.option_values import OptionValue
from ..model.options_table import BY_NAME

_PREFIX = "LIBRESPOT_"
HEADER = "# Written by hardened.librespot: changes are lost. A flag is on by being here, whatever its value.\n"
# Within double quotes systemd takes a backslash before these, and only these, as quoting.
_QUOTED = re.compile(r'["\\`$]')


def environment(values: Mapping[str, OptionValue]) -> dict[str, str]:
    """Return what *values* (option to value, as normalised) are in the environment of the process."""
    found: dict[str, str] = {}
    for name, value in values.items():
        if value is not False and not BY_NAME[name].command_line:
            found[_PREFIX + name.upper().replace("-", "_")] = "on" if value is True else str(value)
    return found


def environment_file(values: Mapping[str, OptionValue]) -> str:
    """Return a file for ``EnvironmentFile=`` that gives a process exactly ``environment(values)``."""
    lines = [f"{name}={_quote(text)}\n" for name, text in sorted(environment(values).items())]
    return HEADER + "".join(lines)


def arguments(values: Mapping[str, OptionValue]) -> list[str]:
    """Return the arguments for options that the program does not read from its environment, not quoted."""
    found: list[str] = []
    for name, value in sorted(values.items()):
        if BY_NAME[name].command_line and isinstance(value, tuple):
            found += [f"--{name}={item}" for item in value]
    return found


def _quote(text: str) -> str:
    return '"' + _QUOTED.sub(r"\\\g<0>", text) + '"'
