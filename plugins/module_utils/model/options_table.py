# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All options of librespot that the collection knows, of every supported version, and some that are gone."""

from __future__ import annotations

from .option import Option
from .option_groups.audio import AUDIO
from .option_groups.login import LOGIN
from .option_groups.network import NETWORK
from .option_groups.service import SERVICE
from .option_groups.volume import VOLUME
from .version import before

OPTIONS: tuple[Option, ...] = SERVICE + NETWORK + LOGIN + AUDIO + VOLUME
BY_NAME: dict[str, Option] = {option.name: option for option in OPTIONS}


def exists(option: Option, version: str) -> bool:
    """Say whether this version of the program has the option."""
    if option.removed and not before(version, option.removed):
        return False
    return not (option.since and before(version, option.since))


def options_of(version: str) -> list[Option]:
    """Return the options of this version of the program, if built with every feature."""
    return [option for option in OPTIONS if exists(option, version)]


def choices_of(option: Option, version: str) -> tuple[str, ...]:
    """Return what may be chosen with this version of the program."""
    gone = {choice for choice, last in option.retired if not before(version, last)}
    return tuple(choice for choice in option.choices if choice not in gone)
