# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors that the collection raises on purpose. Every one says what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_SHOWN = 200


def shown(value: object) -> str:
    """Return *value* as one printable ASCII line of bounded length, for a message."""
    text = ascii(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"


def why(error: Exception) -> str:
    """Return what was wrong with what could not be read: what Python says by itself is for who knows the program."""
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    if isinstance(error, KeyError) and error.args:
        return f"it has no {shown(error.args[0])}"
    if isinstance(error, (LookupError, TypeError, AttributeError)):
        return "a part of it is of another kind than it shall be"
    reason = getattr(error, "reason", None)
    if isinstance(error, OSError):
        return why(reason) if isinstance(reason, OSError) else error.strerror or str(reason or error)
    return str(error)


class LibrespotError(Exception):
    """Base of all expected errors: a message and the next step."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}. {self.remedy}"


class SpecificationError(LibrespotError):
    """A value that the user gave is not usable: its path, the value, and what would be right."""

    def __init__(self, path: str, value: object, problem: str, remedy: str, secret: bool = False) -> None:
        self._said = problem if secret else f"{shown(value)} {problem}"
        super().__init__(f"{path}: {self._said}", remedy)
        self.path = path

    def within(self, path: str) -> SpecificationError:
        """Return the same of a value whose path begins at *path*, for what was read without knowing where it stands."""
        return SpecificationError(f"{path}.{self.path}", None, self._said, self.remedy, secret=True)


def missing(path: str, remedy: str, problem: str = "is missing") -> SpecificationError:
    """Return the error for what has to be written at *path* and is not: there is no value to show."""
    return SpecificationError(path, None, problem, remedy, secret=True)


class HostError(LibrespotError):
    """The host does not allow or does not have what is needed."""


class UnreachableError(HostError):
    """Nothing answered, or what did is out of order: it said nothing of what was asked."""


class UnfinishedError(HostError):
    """What kept single *instances* from what they shall be, by their names; *rest* are those that had no turn any more.

    The others have become what they shall be.
    """

    def __init__(self, found: Mapping[str, LibrespotError], rest: Sequence[str] = ()) -> None:
        self.instances = tuple(dict.fromkeys((*found, *rest)))
        whole = joined([_of(name, error) for name, error in found.items()])
        late = [name for name in rest if name not in found]
        said = f"; nothing was done for {', '.join(late)}" if late else "; the other instances are as described"
        super().__init__(f"{whole.message}{said}", whole.remedy)


def _of(instance: str, error: LibrespotError) -> LibrespotError:
    """Return *error* with the name of its instance, which what a command or the engine said may lack."""
    named = f"librespot-{instance}" in error.message
    return error if named else HostError(f"{instance}: {error.message}", error.remedy)


def joined(found: Sequence[LibrespotError]) -> LibrespotError:
    """Return one error that says all that were *found*, of which there is one at least."""
    if len(found) == 1:
        return found[0]
    return HostError(
        "; ".join(f"{number}. {item.message}" for number, item in enumerate(found, 1)),
        " ".join(f"{number}. {item.remedy}." for number, item in enumerate(found, 1)),
    )


class CommandError(HostError):
    """A command ended with another status than the one expected."""

    def __init__(self, argv: tuple[str, ...], returncode: int, output: str, remedy: str = "") -> None:
        self.said = " / ".join(output.strip().splitlines()[-5:]) or "no output"
        super().__init__(
            f"{' '.join(argv)} ended with status {returncode}: {self.said}",
            remedy or f"Run it on the host to see more: {' '.join(argv)}",
        )
        self.returncode = returncode
        self.output = output
