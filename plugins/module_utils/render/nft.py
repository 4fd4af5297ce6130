# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table of nftables as a value, and its text: sets, chains, and the one transaction that puts it in force.

It is made to be read by every nft since 1.0.6: no ``destroy``, a newline before each closing brace, prefixed names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

_PER_LINE = 8


@dataclass(frozen=True)
class Set:
    """A named set. The elements of one that is *kept* survive every change: they came by another way."""

    name: str
    type: str
    flags: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    timeout: str = ""
    size: int = 0
    kept: bool = False

    @property
    def live(self) -> bool:
        """Whether its elements are no part of the description: they come and go in the kernel."""
        return self.kept or "dynamic" in self.flags

    def _properties(self) -> Iterator[str]:
        yield f"type {self.type}"
        if self.size:
            yield f"size {self.size}"
        if self.flags:
            yield f"flags {','.join(self.flags)}"
        if self.timeout:
            yield f"timeout {self.timeout}"

    def addition(self, table: str) -> str:
        """Return the command that makes it, empty, where it is missing."""
        return f"add set inet {table} {self.name} {{ {'; '.join(self._properties())}; }}"

    def lines(self) -> Iterator[str]:
        """Yield its text."""
        yield f"set {self.name} {{"
        for item in self._properties():
            yield f"    {item}"
        if self.elements:
            yield "    elements = {"
            for at in range(0, len(self.elements), _PER_LINE):
                yield f"        {', '.join(self.elements[at : at + _PER_LINE])},"
            yield "    }"
        yield "}"


@dataclass(frozen=True)
class Chain:
    """A chain; *hook* is the text of its hook, empty for one that others jump to."""

    name: str
    rules: tuple[str, ...]
    hook: str = ""

    def lines(self) -> Iterator[str]:
        """Yield its text."""
        yield f"chain {self.name} {{"
        if self.hook:
            yield f"    {self.hook}"
        for rule in self.rules:
            yield f"    {rule}"
        yield "}"


@dataclass(frozen=True)
class Table:
    """A table of the family inet. Chains come in the order in which they can be loaded: called before calling."""

    name: str
    sets: tuple[Set, ...]
    chains: tuple[Chain, ...]

    def text(self) -> str:
        """Return the table alone, as ``nft -f`` reads it."""
        body = [line for item in self.sets for line in item.lines()]
        body += [line for item in self.chains for line in item.lines()]
        return "\n".join([f"table inet {self.name} {{", *(f"    {line}" for line in body), "}", ""])

    def transaction(
        self, chains: Collection[str] = (), others: Collection[str] = (), altered: Collection[str] = ()
    ) -> str:
        """Return what puts the table in force in one step, whatever of it was there before.

        Rules and elements are replaced as a whole: what is only added to keeps trusting what was taken out. The
        elements of sets that are kept are not touched. *chains* (names) and *others* (kind and name, as ``set x``) are
        there now; what is not wanted of them goes, and what is *altered* is made anew.
        """
        wanted = {f"chain {item.name}" for item in self.chains} | {f"set {item.name}" for item in self.sets}
        gone = [name for name in [*(f"chain {x}" for x in chains), *others] if name not in wanted or name in altered]
        lines = [f"add table inet {self.name}"]
        lines += [f"flush chain inet {self.name} {name}" for name in chains]
        for name in gone:
            kind, _space, plain = name.partition(" ")
            lines.append(f"delete {kind} inet {self.name} {plain}")
        # A base chain is made with its hook; flushed too, since the same text is loaded at boot and at every reload.
        for item in self.chains:
            hook = f" {{ {item.hook} }}" if item.hook else ""
            lines.append(f"add chain inet {self.name} {item.name}{hook}")
            lines.append(f"flush chain inet {self.name} {item.name}")
        for entry in self.sets:
            if not entry.kept:
                lines.append(entry.addition(self.name))
                lines.append(f"flush set inet {self.name} {entry.name}")
        return "\n".join([*lines, self.text()])
