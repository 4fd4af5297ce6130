# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what a user writes under ``options`` to what the program is given."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Any

from .errors import SpecificationError, shown
from .option import Option
from .option_rules import refuse_contradictions
from .option_values import OptionValue, option_value
from .options_table import BY_NAME, OPTIONS, exists

_SHORT = {option.short: option.name for option in OPTIONS if option.short}


def normalise(
    options: Any,
    version: str,
    path: str,
    relaxations: Collection[str] = (),
    features: Collection[str] | None = None,
) -> dict[str, OptionValue]:
    """Return *options* by their long names, in the form that the program takes: flags that are off are left out.

    *path* is where the options stand in the specification, *version* the program's. *relaxations* are those granted
    to the instance, *features* the cargo features of the build, None when they are not known. Raises
    `SpecificationError` at the first value that the program or the collection does not take.
    """
    if not isinstance(options, Mapping):
        raise SpecificationError(path, options, "is not a mapping", "Write options as name: value")
    values: dict[str, OptionValue] = {}
    seen: dict[str, str] = {}
    for key, value in options.items():
        option = _known(key, value, path, version)
        place = f"{path}.{option.name}"
        if option.name in seen:
            raise SpecificationError(place, value, f"is also written as {shown(seen[option.name])}", "Keep one of them")
        seen[option.name] = key
        _allowed(option, value, place, relaxations)
        found = option_value(option, value, place, version)
        if found is not False:
            values[option.name] = found
    refuse_contradictions(values, path, relaxations, features)
    return dict(sorted(values.items()))


def _known(key: Any, value: Any, path: str, version: str) -> Option:
    name = key.replace("_", "-") if isinstance(key, str) else ""
    option = BY_NAME.get(name)
    if option is None:
        # What stands under a wrong name may be a secret that was meant for another.
        raise SpecificationError(f"{path}[{shown(key)}]", value, "is no option of librespot", _meant(name), secret=True)
    if exists(option, version):
        return option
    gone = option.removed and option.instead
    problem = f"was removed in librespot {option.removed}" if gone else f"needs librespot {option.since}"
    remedy = option.instead if gone else f"Remove it, or write librespot_version {option.since} or later"
    raise SpecificationError(f"{path}.{name}", value, problem, remedy)


def _meant(name: str) -> str:
    if name in _SHORT:
        return f"Write {_SHORT[name]}"
    plain = name.lower()
    if plain.startswith("librespot-"):
        plain = plain[len("librespot-") :]
    close = difflib.get_close_matches(plain, [option.name for option in OPTIONS if not option.removed], 1)
    return f"Write {close[0]}" if close else "Write the long name of an option, as librespot --help shows it"


def _allowed(option: Option, value: Any, place: str, relaxations: Collection[str]) -> None:
    if option.owner:
        raise SpecificationError(
            place, value, f"is set from {_sibling(place, option.owner)}", option.instead, secret=option.secret
        )
    if option.refused:
        raise SpecificationError(place, value, option.refused, option.instead, secret=option.secret)
    if option.relaxation and option.relaxation not in relaxations:
        raise SpecificationError(
            place,
            value,
            f"needs the relaxation {option.relaxation}",
            f"Add {option.relaxation} with a reason to {_sibling(place, 'relaxations')}, or remove the option",
        )


def _sibling(place: str, key: str) -> str:
    """Return the path of *key* in the instance whose options *place* is in."""
    return f"{place.rpartition('.options.')[0]}.{key}".lstrip(".")
