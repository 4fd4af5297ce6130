# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory file of a host on the controller: found, changed in one step, and by one run at a time."""

from __future__ import annotations

import contextlib
import difflib
import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from ..module_utils.host.files import FILE, Entry, Files, called
from ..module_utils.model.errors import HostError
from ..module_utils.planners.base import converge
from ..module_utils.planners.file import FilePlanner
from .inventory_limits import VARIABLE, InventoryText, by_hand, has_instances, sealed
from .written import resolved

Limits = Mapping[str, Any]

_SUFFIXES = (".yml", ".yaml")


@dataclass(frozen=True)
class Change:
    """What was done to the file at *path*, or would be: whether it was *changed*, and the lines of it, as a *diff*."""

    path: str
    changed: bool
    diff: str


def located(given: str, host: str, directories: Sequence[str], wanted: Mapping[str, Limits]) -> str:
    """Return the path of the file with the instances of *host*: the *given* one, or that in one of *directories*.

    Those are the ones of the inventory and of the playbook. Raises `HostError` when there is none, or several.
    """
    if given:
        return resolved(given)
    found, unread = [], []
    for path in dict.fromkeys(path for directory in directories for path in _candidates(directory, host)):
        try:
            text = _read(path, wanted)[1]
            if sealed(text):
                unread.append(path)
            elif has_instances(text, host):
                found.append(path)
        except (HostError, yaml.YAMLError, RecursionError):
            unread.append(path)
    if len(found) == 1:
        return found[0]
    if len(found) > 1:
        raise HostError(
            f"{VARIABLE} of {host} stands in {' and in '.join(found)}", f"Name one as inventory_file. {by_hand(wanted)}"
        )
    if len(unread) == 1:
        # What is wrong with it is said when it is read.
        return unread[0]
    looked = ", ".join(f"{directory}/host_vars/{host}" for directory in directories)
    raise HostError(
        f"{VARIABLE} of {host} is not in its host_vars ({looked}): it may be a group's, or a template",
        f"If a file has it for this host alone, name that as inventory_file. {by_hand(wanted)}",
    )


def _candidates(directory: str, host: str) -> Iterator[str]:
    place = f"{resolved(directory)}/host_vars/{host}"
    if os.path.isdir(place):
        for parent, names, files in os.walk(place):
            names.sort()
            yield from (f"{parent}/{name}" for name in sorted(files) if name.endswith(_SUFFIXES))
    for suffix in ("", *_SUFFIXES):
        if os.path.isfile(f"{place}{suffix}"):
            yield resolved(f"{place}{suffix}")


def updated(
    path: str, host: str, wanted: Mapping[str, Limits], seen: Mapping[str, Limits] | None, check: bool
) -> Change:
    """Put the limits that are *wanted*, by instance, into the file at *path*, unless *check*.

    *seen* are the limits that Ansible has for them, if they are known: where the file has others, something else has
    the last word, and what is written there would change nothing. Raises `HostError`; nothing is written then.
    """
    with _alone(os.path.dirname(path), check):
        entry, text = _read(path, wanted)
        inventory = InventoryText(text, path, host, wanted)
        for name in wanted:
            there = inventory.limits(name)
            if seen is not None and there is not None and there != _texts(seen[name]):
                raise HostError(
                    f"{path} has other limits of {name} than Ansible has for {host}: something else, such as a group "
                    "or the command line, has the last word",
                    by_hand(wanted),
                )
        new = inventory.edited()
        planner = FilePlanner(Files(), path, new, entry.mode, owner=(entry.uid, entry.gid))
        changed = converge([planner], check)[0].changed
    return Change(path, changed, _diff(path, text, new))


def _texts(limits: Limits) -> dict[str, str]:
    return {str(key): str(value) for key, value in limits.items()}


def _read(path: str, wanted: Mapping[str, Limits]) -> tuple[Entry, str]:
    entry = Files().read(path)
    if entry is None:
        raise HostError(f"{path} does not exist", by_hand(wanted))
    if entry.kind != FILE:
        raise HostError(f"{path} is {called(entry.kind)}, which is not followed", f"Name the file. {by_hand(wanted)}")
    if entry.uid != os.geteuid():
        raise HostError(f"{path} belongs to another user (uid {entry.uid})", by_hand(wanted))
    try:
        return entry, entry.content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise HostError(f"{path} is not text in UTF-8: {error.reason}", by_hand(wanted)) from error


@contextlib.contextmanager
def _alone(directory: str, check: bool) -> Iterator[None]:
    """Keep other hosts of this run, and other runs, from the files in *directory* meanwhile."""
    if check:
        yield
        return
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise HostError(f"{directory}: {error.strerror}", "Look at that directory") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _diff(path: str, before: str, after: str) -> str:
    """Return the lines that differ, and none around them: the file may hold what is nobody's business."""
    lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), path, path, n=0)
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
