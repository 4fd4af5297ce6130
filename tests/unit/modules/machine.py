# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that is played: its files lie below a directory of the test's, its systemd and its users are in memory."""

from __future__ import annotations

import dataclasses
import fnmatch
import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.hardened.librespot.plugins.module_utils.host.accounts import Account, Accounts
from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands, Result
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import TOO_LARGE, Entry, Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.proc import Process
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.facts import Facts
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import Instance, instance_of
from ansible_collections.hardened.librespot.plugins.module_utils.model.network import HostNetwork
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
from ansible_collections.hardened.librespot.plugins.module_utils.render.options import credentials_directory
from ansible_collections.hardened.librespot.plugins.module_utils.render.unit import (
    FIREWALL,
    GENERATION,
    UNITS,
    credentials_path,
    generation_of,
)

FACTS = Facts("x86_64", "debian", "13", (3, 13), "2.41", True, 257, True, True, ("cpu", "io", "memory"), True, 2, True)
RELEASE = "0.8.0-x86_64-glibc2.36-0123456789ab"
BINARY = f"/opt/librespot/releases/{RELEASE}/bin/librespot"

_PLACES = ("etc/systemd/system", "opt/librespot/releases", "run", "var/lib", "var/cache")


class Tree(Files):
    """Files in which the user who runs the test stands for root."""

    def read(self, path: str, content: bool = True, most: int = TOO_LARGE) -> Entry | None:
        entry = super().read(path, content, most)
        return entry and dataclasses.replace(entry, uid=entry.uid - os.geteuid(), gid=entry.gid - os.getegid())

    def write(
        self,
        path: str,
        content: bytes,
        mode: int,
        uid: int = 0,
        gid: int = 0,
        validate: Callable[[str], None] | None = None,
    ) -> None:
        super().write(path, content, mode, uid + os.geteuid(), gid + os.getegid(), validate)

    def directory(self, path: str, mode: int, uid: int = 0, gid: int = 0) -> None:
        super().directory(path, mode, uid + os.geteuid(), gid + os.getegid())

    def own(self, path: str, mode: int, uid: int, gid: int) -> None:
        super().own(path, mode, uid + os.geteuid(), gid + os.getegid())


def snapshot(root: Path) -> dict[str, object]:
    """Return all that stands below *root*, with modes and contents."""
    return {
        f"/{path.relative_to(root)}": (
            path.lstat().st_mode,
            os.readlink(path) if path.is_symlink() else path.is_dir() or path.read_bytes(),
        )
        for path in sorted(root.rglob("*"))
    }


class Machine(Commands):
    """Plays systemd and the tools for users. *told* are the commands that change something.

    When *silent*, what runs does not answer.
    """

    def __init__(self, root: Path) -> None:
        for place in _PLACES:
            (root / place).mkdir(parents=True)
        (root / "opt/librespot/releases" / RELEASE).mkdir()
        (root / "opt/librespot/current").symlink_to(f"releases/{RELEASE}")
        # Another module's.
        (root / UNITS.lstrip("/") / FIREWALL).touch()
        self.root = root
        self.files = Tree(str(root))
        self.facts = FACTS
        self.silent = False
        self.users: dict[str, Account] = {}
        self.told: list[str] = []
        self.failed: set[str] = set()
        self._loaded: dict[str, str] = {}
        self._enabled: set[str] = set()
        self._active: set[str] = set()
        self._processes: dict[str, Process] = {}

    def run(self, argv: Sequence[str], *_args: Any, **_options: Any) -> Result:
        play: dict[str, Callable[[list[str]], str]] = {
            "journalctl": lambda _words: "",
            "systemctl": self._systemctl,
            "useradd": self._useradd,
            "userdel": self._userdel,
        }
        if argv[0] not in play:
            raise HostError(f"{argv[0]} is not installed", "Install it")
        words = [word for word in argv[1:] if word != "--quiet"]
        return Result(tuple(argv), 0, play[argv[0]](words), "")

    def host(self) -> Host:
        return _PlayedHost(self, self.files)

    def path(self, inside: str) -> Path:
        return self.root / inside.lstrip("/")

    def snapshot(self) -> dict[str, object]:
        return {**snapshot(self.root), "users": sorted(self.users), "active": sorted(self._active)}

    def unit_of_another(self, name: str) -> Path:
        """Put a unit there that is not ours."""
        path = self.path(f"{UNITS}/{name}")
        path.write_text("[Service]\nExecStart=/bin/true\n", encoding="utf-8")
        return path

    def running(self, instance: Instance) -> list[Process]:
        found = self._processes.get(instance.unit)
        return [found] if found else []

    def inside(self, path: str) -> Files:
        """Return the files that a process sees below its own ``/proc/PID/root``."""
        return Tree(str(self.path(path)))

    def alive(self, *_asked: object) -> bool:
        return bool(self._processes) and not self.silent

    # -- users -----------------------------------------------------------------------------------------------

    def _useradd(self, words: list[str]) -> str:
        given = dict(itertools.pairwise(words))
        name = words[-1]
        home, shell, comment = (given[f"--{option}"] for option in ("home-dir", "shell", "comment"))
        self.users[name] = Account(name, 990, name, comment, home, shell, ())
        self.told.append(f"useradd {name}")
        return ""

    def _userdel(self, words: list[str]) -> str:
        del self.users[words[-1]]
        self.told.append(f"userdel {words[-1]}")
        return ""

    # -- systemd ---------------------------------------------------------------------------------------------

    def _systemctl(self, words: list[str]) -> str:
        verb, units = words[0], words[1:]
        if verb == "--version":
            return "systemd 257 (257)\n+BPF_FRAMEWORK\n"
        if verb == "show":
            return "".join(f"{name}={value}\n" for name, value in self._show(words[-1]).items())
        if verb == "list-units":
            return "".join(f"{name} loaded failed failed\n" for name in fnmatch.filter(self.failed, units[-1]))
        if verb == "is-enabled":
            return "enabled\n" if units[0] in self._enabled else "disabled\n"
        self.told.append(f"{verb} {' '.join(units)}".strip())
        act: Mapping[str, Callable[[], None]] = {
            "daemon-reload": self._loaded.clear,
            "reset-failed": lambda: self.failed.difference_update(units),
            "enable": lambda: self._enabled.update(units),
            "disable": lambda: self._enabled.difference_update(units),
            "start": lambda: self._start(units),
            "restart": lambda: self._start(units),
            "stop": lambda: self._stop(units),
        }
        act[verb]()
        return ""

    def _load(self, unit: str) -> str:
        """Return the unit as systemd has it: as it was when it was first asked for."""
        entry = self.files.read(f"{UNITS}/{unit}")
        if unit not in self._loaded and entry is not None:
            self._loaded[unit] = entry.content.decode()
        return self._loaded.get(unit, "")

    def _show(self, unit: str) -> dict[str, str]:
        text, entry = self._load(unit), self.files.read(f"{UNITS}/{unit}")
        fresh = entry is None or entry.content.decode() == text
        disabled = "disabled" if "[Install]" in text else "static"
        return {
            "NeedDaemonReload": "no" if fresh else "yes",
            "FragmentPath": f"{UNITS}/{unit}" if text else "",
            "UnitFileState": "enabled" if unit in self._enabled else disabled if text else "",
            "ActiveState": "active" if unit in self._active else "failed" if unit in self.failed else "inactive",
            "DropInPaths": "",
            "LoadState": "loaded" if text else "not-found",
            "MainPID": str(self._processes[unit].pid) if unit in self._processes else "0",
        }

    def _start(self, units: Sequence[str]) -> None:
        self._active.update(units)
        for unit in units:
            wanted = f"WantedBy={unit}\n"
            self._active.update(timer for timer in self._enabled if wanted in self._load(timer))
            name = unit.removeprefix("librespot-").removesuffix(".service")
            if "-watchdog." not in unit:
                self._processes[unit] = self._process(Instance(name, "the test"), self._load(unit))

    def _process(self, instance: Instance, text: str) -> Process:
        """Return a new process of *instance*, with the login that systemd hands to it."""
        pid = 4000 + len(self.told)
        directory = self.path(f"/proc/{pid}/root{credentials_directory(instance)}")
        if "LoadCredential=" in text:
            directory.mkdir(parents=True)
            login = self.path(credentials_path(instance.name)).read_bytes()
            (directory / "credentials.json").write_bytes(login)
        return Process(pid, BINARY, {GENERATION: generation_of(text)}, {}, {}, "", {}, (), ())

    def _stop(self, units: Sequence[str]) -> None:
        self._active.difference_update(units)
        for unit in units:
            self._processes.pop(unit, None)


class _People(Accounts):
    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self._users = machine.users

    def find(self, name: str) -> Account | None:
        return self._users.get(name)

    def ours(self) -> list[str]:
        return sorted(filter(None, (instance_of(name, user.comment) for name, user in self._users.items())))


class _PlayedHost(Host):
    def __post_init__(self) -> None:
        super().__post_init__()
        assert isinstance(self.commands, Machine)
        self.accounts = _People(self.commands)
        self.facts = self.commands.facts

    def network(self) -> HostNetwork:
        return HostNetwork({"lo": ("127.0.0.1",), "eth0": ("192.0.2.1",)}, "eth0")

    def routers(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return ("192.0.2.254",), ()
