# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""System users of this host."""

from __future__ import annotations

import grp
import pwd
from dataclasses import dataclass

from ..model.instance import instance_of
from .command import Commands

NO_HOME = "/nonexistent"
NO_SHELL = "/usr/sbin/nologin"


@dataclass(frozen=True)
class Account:
    """A user as the name service knows it; *groups* are its supplementary groups.

    *shared* says whose its numbers are besides, root's above all; empty when they are its own. *password* tells whether
    there is one, or none is needed, to become that user.
    """

    name: str
    uid: int
    group: str
    comment: str
    home: str
    shell: str
    groups: tuple[str, ...]
    shared: str = ""
    password: bool = False


def login_open(name: str, field: str, shadow: str = "") -> bool:
    """Tell whether a password, or none, lets someone in as the user *name*.

    *field* is what passwd has of it; ``x`` refers to the text *shadow*, where a user who is missing cannot log in.
    """
    if field == "x":
        found = [line.split(":")[1] for line in shadow.splitlines() if line.startswith(f"{name}:")]
        field = found[0] if found else "!"
    return not field.startswith(("!", "*"))


def _shadow() -> str:
    # The module spwd is gone since Python 3.13.
    with open("/etc/shadow", encoding="utf-8", errors="replace") as handle:
        return handle.read()


def group_exists(name: str) -> bool:
    """Tell whether the host has the group *name*."""
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


def _shared(name: str, uid: int, gid: int) -> str:
    """Return with whom the user *name* shares its numbers: by them the kernel judges what it may."""
    users = [item.pw_name for item in pwd.getpwall() if item.pw_uid == uid and item.pw_name != name]
    groups = [item.gr_name for item in grp.getgrall() if item.gr_gid == gid and item.gr_name != name]
    found = [f"uid {uid} of {', '.join(users)}"] if users else []
    found += [f"gid {gid} of {', '.join(groups)}"] if groups else []
    return "; ".join(found)


class Accounts:
    """Finds, makes, mends and removes users."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    def ours(self) -> list[str]:
        """Return the names of the instances whose users are there, told by their comments."""
        return sorted(filter(None, (instance_of(entry.pw_name, entry.pw_gecos) for entry in pwd.getpwall())))

    def find(self, name: str) -> Account | None:
        """Return the user *name*; None when there is none."""
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            return None
        member_of = sorted(group.gr_name for group in grp.getgrall() if name in group.gr_mem)
        return Account(
            name,
            entry.pw_uid,
            grp.getgrgid(entry.pw_gid).gr_name,
            entry.pw_gecos,
            entry.pw_dir,
            entry.pw_shell,
            tuple(member_of),
            _shared(name, entry.pw_uid, entry.pw_gid),
            login_open(name, entry.pw_passwd, _shadow()),
        )

    def create(self, name: str, comment: str) -> None:
        """Make a system user with a group of its own, no home, no shell and no password."""
        argv = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", NO_HOME]
        self._commands.run([*argv, "--shell", NO_SHELL, "--comment", comment, name])

    def mend(self, name: str, comment: str) -> None:
        """Give an existing user the group, home, shell and comment that `create` would have given, and no password."""
        argv = ["usermod", "--home", NO_HOME, "--shell", NO_SHELL, "--comment", comment, "--gid", name]
        self._commands.run([*argv, "--groups", "", "--password", "!", name])

    def remove(self, name: str) -> None:
        """Remove the user with its group."""
        self._commands.run(["userdel", name])
