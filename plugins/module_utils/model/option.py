# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of one option of librespot. The options themselves are in the package option_groups."""

from __future__ import annotations

from dataclasses import dataclass

FLAG = "flag"
"""On by being there; has no value."""
ON_OFF = "on or off"
CHOICE = "choice"
INTEGER = "integer"
DECIMAL = "decimal"
SIZE = "size"
"""A number of bytes, with a suffix such as M or Gi."""
TEXT = "text"
URL = "url"
PATHS = "paths"
"""Several absolute paths."""


@dataclass(frozen=True)
class Option:
    """One option, as the program has it and as the collection treats it.

    *since* and *removed* are versions: the first that has it, and the first that has it no more; empty *since* means
    longer than any supported version. *default* is what the program takes by itself. *retired* pairs a choice with
    the first version without it. *feature* is the cargo feature without which the option is missing or has no effect.

    *owner* is the key of the instance that says the same thing; *refused* is why the option cannot be set at all, and
    *instead* what to do. *relaxation* must be granted for the option to be allowed. *permissive* is the warning given
    whenever the option is set. *secret* values are never shown. An option with *command_line* is not read from the
    environment by the program.
    """

    name: str
    kind: str
    summary: str
    security: str = ""
    short: str = ""
    since: str = ""
    removed: str = ""
    default: str = ""
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()
    retired: tuple[tuple[str, str], ...] = ()
    most_bytes: int = 4096
    feature: str = ""
    owner: str = ""
    refused: str = ""
    instead: str = ""
    relaxation: str = ""
    permissive: str = ""
    secret: bool = False
    command_line: bool = False
