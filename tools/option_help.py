# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading librespot's help, and comparing it with the option table of the collection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.hardened.librespot.plugins.module_utils.model.option import FLAG, Option
from ansible_collections.hardened.librespot.plugins.module_utils.model.options_table import choices_of, options_of

_OPTION = re.compile(r"    (?:-(?P<short>\w), |    )--(?P<name>[a-z-]+)(?: (?P<value>[A-Z_]+)(?=\s|$))?(?P<text>.*)")
_CHOICES = re.compile(r"\{([^}]*)\}")
_QUOTED = re.compile(r"'([a-z-]+)'")
_DEFAULT = re.compile(r"Default(?:s to| for softvol:) (.+?)\.(?: |$)")
_RANGE = re.compile(r"(-?\d[\d.]*) (?:to|-) (-?\d[\d.]*\d)")


@dataclass(frozen=True)
class HelpOption:
    """One option as help shows it."""

    name: str
    short: str
    has_value: bool
    text: str

    @property
    def choices(self) -> frozenset[str]:
        """What help lists as possible values; nothing when it lists none."""
        listed = _CHOICES.search(self.text)
        if listed:
            return frozenset(listed.group(1).split("|"))
        return frozenset(_QUOTED.findall(self.text))

    @property
    def default(self) -> str:
        """What help says that the program takes by itself."""
        found = _DEFAULT.search(self.text)
        return found.group(1) if found else ""

    @property
    def range(self) -> tuple[float, float] | None:
        """The lowest and the highest number that help allows."""
        found = _RANGE.search(self.text)
        if found is None:
            return None
        ends = sorted(float(end) for end in found.groups())
        return ends[0], ends[1]


def parse(text: str) -> dict[str, HelpOption]:
    """Return the options of a help text by their long names."""
    found: dict[str, HelpOption] = {}
    for block in re.split(r"\n(?= {4,8}-)", text.partition("Options:\n")[2]):
        match = _OPTION.match(block.lstrip("\n"))
        if match is not None:
            words = " ".join(block[match.start("text") :].split())
            found[match["name"]] = HelpOption(match["name"], match["short"] or "", bool(match["value"]), words)
    return found


def disagreements(text: str, version: str, features: frozenset[str] | None = None) -> list[str]:
    """Return every difference between help and the table for *version*, one sentence each.

    *features* are the cargo features of the program; None is every feature that the table knows.
    """
    shown = parse(text)
    known = {option.name: option for option in options_of(version) if _built(option, features)}
    found = [f"{name} is in the help only" for name in shown.keys() - known.keys()]
    found += [f"{name} is in the table only" for name in known.keys() - shown.keys()]
    for name in shown.keys() & known.keys():
        found += _compare(shown[name], known[name], version)
    return sorted(found)


def _built(option: Option, features: frozenset[str] | None) -> bool:
    # Options of ALSA's mixer are there, without effect, in a build without it.
    return features is None or option.feature != "passthrough-decoder" or option.feature in features


def _compare(shown: HelpOption, known: Option, version: str) -> Iterator[str]:
    pairs = [
        ("short letter", shown.short, known.short),
        ("has a value", shown.has_value, known.kind != FLAG),
        ("default", shown.default, known.default),
    ]
    if shown.choices:
        pairs.append(("choices", sorted(shown.choices), sorted(choices_of(known, version))))
    if shown.range:
        pairs.append(("range", shown.range, (known.minimum, known.maximum)))
    for what, said, noted in pairs:
        if said != noted:
            yield f"{known.name}: {what}: help {said!r}, table {noted!r}"
