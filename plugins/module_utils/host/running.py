# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which librespot runs on this host: by its processes, by what is written about each program, and by what it answers.

Nothing is asked of a specification: what runs counts, also what nobody has described.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ..model.artifact import MANIFEST
from ..model.errors import HostError, why
from ..model.image import PROGRAM, SBOM
from ..model.layout import CURRENT, OF_RELEASES, RELEASES
from .container_files import read_inside
from .files import Files
from .liveness import addresses, get_info
from .namespaces import inside_of
from .proc import cgroup, environment, pids, process

SYSTEMD = "systemd"
CONTAINER = "container"
OTHER = "other"

_PLACE = re.compile(r"librespot-(.+?)\.(?:service|slice)")
_RELEASE = re.compile(re.escape(RELEASES) + r"/([^/]+)/bin/librespot")
_WORD = re.compile(r"[0-9A-Za-z.+-]{1,60}")
_DELETED = " (deleted)"
_CRATE = "pkg:cargo/librespot@"
_MOST_ADDRESSES = 8
_LARGEST = 32 * 1024 * 1024
_WITHIN_S = 3.0


@dataclass(frozen=True)
class Running:
    """One librespot that runs. *release* is its artifact when it is of this collection, in *deployment* systemd.

    *version* is what is written about its program, *answered* what it says itself; each is empty when it says nothing,
    and *problem* then why, if it should.
    """

    instance: str
    deployment: str
    pid: int
    release: str
    version: str
    answered: str
    problem: str

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def active(files: Files) -> dict[str, str]:
    """Return the artifact and the version of the release that is active on this host; empty when there is none."""
    link = files.read(CURRENT, content=False)
    name = OF_RELEASES.linked(link.target, CURRENT) if link is not None else ""
    return {"id": name, "version": _version(files, name)[0] if name else ""}


def running(files: Files) -> list[Running]:
    """Return all that run, by their names."""
    programs = dict(_programs())
    # What an instance has just started is still the same program.
    first = [pid for pid in programs if _parent(pid) not in programs]
    found = [item for pid in first for item in _seen(files, pid, programs[pid])]
    return sorted(found, key=lambda item: (item.instance, item.pid))


def _programs() -> Iterator[tuple[int, str]]:
    for pid in pids():
        # It may have ended since, and the kernel's own have no program.
        with contextlib.suppress(OSError):
            program = os.readlink(f"/proc/{pid}/exe")
            if os.path.basename(_plain(program)) == "librespot":
                yield pid, program


def _plain(program: str) -> str:
    return program[: -len(_DELETED)] if program.endswith(_DELETED) else program


def _parent(pid: int) -> int:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as handle:
        return int(handle.read().rpartition(")")[2].split()[1])
    return 0


def _of_guest(pid: int) -> bool:
    """Tell whether the process is of a system that runs inside this one, whose files are not this one's."""
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as handle:
        found = next((line.split()[1:] for line in handle if line.startswith("NSpid:")), [])
    return len(found) > 1


def _seen(files: Files, pid: int, program: str) -> Iterator[Running]:
    try:
        place = _PLACE.search(cgroup(pid))
        release = _RELEASE.fullmatch(_plain(program))
        deployment, written, problem = OTHER, "", ""
        if release is not None and not _of_guest(pid):
            deployment, (written, problem) = SYSTEMD, _version(files, release.group(1))
        elif _plain(program) == PROGRAM and (billed := _billed(pid)) is not None:
            deployment, (written, problem) = CONTAINER, billed
        answered, silence = _answer(pid)
    except (FileNotFoundError, ProcessLookupError):
        return
    name = place.group(1).replace(r"\x2d", "-") if place is not None else _host_name(pid)
    if written and answered and written != answered:
        problem = f"it answers that it is {answered}, and its program is {written}"
    yield Running(
        name,
        deployment,
        pid,
        release.group(1) if release is not None and deployment == SYSTEMD else "",
        written or answered,
        answered,
        problem or silence,
    )


def _host_name(pid: int) -> str:
    """Return what the engine calls the host that a container is, which of ours is the instance's name."""
    name = environment(pid).get("HOSTNAME", "")
    return name if _WORD.fullmatch(name) else f"pid {pid}"


def _version(files: Files, release: str) -> tuple[str, str]:
    """Return the version that the manifest of a release states, and what is wrong with it."""
    path = f"{RELEASES}/{release}/{MANIFEST}"
    try:
        entry = files.read(path)
        if entry is None:
            return "", f"{path} does not exist"
        return str(json.loads(entry.content)["version"]), ""
    except (HostError, ValueError, KeyError, TypeError, RecursionError) as error:
        return "", f"{path} cannot be read: {why(error)}"


def _billed(pid: int) -> tuple[str, str] | None:
    """Return the version that the SBOM in the container of *pid* states, and what is wrong with it.

    None when it has no SBOM, or nobody may look.
    """
    try:
        content = read_inside(pid, SBOM, _LARGEST)
        if content is None:
            return None
        said = json.loads(content.decode())
        purls = [str(item.get("purl", "")) for item in [said["metadata"].get("component", {}), *said["components"]]]
    except PermissionError:
        return None
    except HostError as error:
        return "", f"the SBOM in its container cannot be read: {error.message}"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return "", f"the SBOM in its container cannot be read: {why(error)}"
    found = [purl[len(_CRATE) :] for purl in purls if purl.startswith(_CRATE)]
    if not found or _WORD.fullmatch(found[0]) is None:
        return "", "the SBOM in its container does not name a version of librespot"
    return found[0], ""


def _answer(pid: int) -> tuple[str, str]:
    """Return the version that the process answers with, and why it does not when it should."""
    seen = process(pid)
    ports = sorted({item.port for item in seen.sockets if item.protocol.startswith("tcp")} if seen is not None else ())
    if not ports:
        return "", ""
    said = ""
    with inside_of(pid):
        for port in ports:
            for address in ["127.0.0.1", *addresses()[:_MOST_ADDRESSES]]:
                try:
                    version = str(get_info(address, port, _WITHIN_S).get("libraryVersion"))
                    if _WORD.fullmatch(version) is None:
                        raise ValueError("what it says is no version")
                    return version, ""
                except socket.timeout:
                    # What hangs hangs at every address.
                    return "", f"it does not answer at {address}, port {port}: no answer within {_WITHIN_S:g} s"
                except (OSError, ValueError) as error:
                    said = said or f"it does not answer at {address}, port {port}: {error}"
    return "", said
