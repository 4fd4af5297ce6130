# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files for Prometheus, Alertmanager and Grafana on the host that has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..host.command import Commands
from ..host.files import FILE, Files
from ..host.systemd import Systemd
from ..model.alert_files import MARK, NAMED
from ..model.errors import CommandError, HostError
from ..model.plan import Plan, State
from .base import Planner
from .file import FilePlanner
from .registry import Host

JUDGES: Mapping[str, Sequence[str]] = {
    "rules": ("promtool", "check", "rules", "/dev/stdin"),
    "alertmanager": ("amtool", "check-config", "/dev/stdin"),
}
"""What judges a file, where the host has it. It reads standard input: check mode writes no file that it could read."""

_PROGRAMS = ("/usr/bin", "/usr/local/bin", "/opt/prometheus", "/opt/alertmanager")
_LOADED = "loaded"


def alert_planners(host: Host, paths: Mapping[str, str], texts: Mapping[str, str], service: str) -> list[Planner]:
    """Return the files of *texts* at *paths*, by what they are for; one without a text is removed if it is ours.

    *service* is a unit that is reloaded when the rules have changed since it read them.
    """
    files: dict[str, AlertFilePlanner] = {
        kind: AlertFilePlanner(host.files, host.commands, path, texts.get(kind), JUDGES.get(kind, ()))
        for kind, path in paths.items()
    }
    if "rules" not in files or not service:
        return [*files.values()]
    rules = files["rules"]
    if "rules" not in texts:
        files["rules"] = ForgottenRulesPlanner(host, paths["rules"], service)
        return [*files.values()]
    return [*files.values(), RereadPlanner(host.systemd, host.files, service, rules)]


class AlertFilePlanner(FilePlanner):
    """One file of ours among those of others: what we have not made is neither replaced nor removed."""

    def __init__(self, files: Files, commands: Commands, path: str, text: str | None, judge: Sequence[str]) -> None:
        super().__init__(files, path, text)
        self._commands = commands
        self._text = text
        self._judge = judge

    def found(self) -> State:
        """Return what stands there; where it shall go, nothing that is not ours."""
        return super().found() if self._text is not None or self._ours() else {}

    def refuse(self, plan: Plan) -> None:
        """Refuse to replace a file of someone else, and to write what its reader would not take."""
        super().refuse(plan)
        if self._text is None:
            return
        if plan.before and not self._ours():
            raise HostError(
                f"{self.subject} is there, and this module has not made it", "Move it away, or choose another path"
            )
        program = program_of(self._files, self._judge[0]) if self._judge else ""
        if program:
            try:
                self._commands.run([program, *self._judge[1:]], stdin=self._text)
            except CommandError as error:
                raise HostError(
                    f"{self.subject}: {self._judge[0]} of this host refuses what would be written: {error.said}",
                    "Leave out the option that its version does not know, or update it",
                ) from error

    def _ours(self) -> bool:
        entry = self._files.read(self.subject)
        return entry is not None and entry.kind == FILE and NAMED.encode() in entry.content


class RereadPlanner(Planner):
    """A running *service* that has read the file of *rules* since it was last changed."""

    def __init__(self, systemd: Systemd, files: Files, service: str, rules: AlertFilePlanner) -> None:
        super().__init__(service)
        self._systemd = systemd
        self._files = files
        self._path = rules.subject
        # Once it is written it differs no more, and its moment may be within the second of the last reload.
        self._pending = rules.plan().changed

    def wanted(self) -> State:
        """Return that it has."""
        return {self._path: _LOADED}

    def found(self) -> State:
        """Return whether it has: a reload is a change of its state. One that does not run reads all when it starts."""
        read = self._systemd.changed_at(self.subject)
        if read is None:
            return self.wanted()
        late = self._pending or int(self._files.modified(self._path)) > read
        return {self._path: "changed since it was read"} if late else self.wanted()

    def apply(self, plan: Plan) -> None:
        """Let it read its files again, which ends nothing."""
        self._systemd.reload([plan.subject])
        self._pending = False


class ForgottenRulesPlanner(AlertFilePlanner):
    """Rules that *service* shall forget before their file goes: a run that is killed in between finds the file."""

    def __init__(self, host: Host, path: str, service: str) -> None:
        super().__init__(host.files, host.commands, path, None, ())
        self._systemd = host.systemd
        self._service = service

    def apply(self, plan: Plan) -> None:
        """Empty the file, let it be read, and remove it."""
        if self._systemd.changed_at(self._service) is not None:
            self._files.write(plan.subject, f"# {MARK}\ngroups: []\n".encode(), 0o644)
            self._systemd.reload([self._service])
        super().apply(plan)


def unread(host: Host, config: str, path: str) -> str:
    """Return why Prometheus will not read the rules at *path*; empty when its *config* names them, or nobody can tell.

    promtool knows what a pattern in it stands for.
    """
    program = program_of(host.files, "promtool")
    if not program:
        return ""
    if host.files.read(config, content=False) is None:
        return f"{config} does not exist: name the file that Prometheus is started with, which shall name {path}."
    said = host.commands.run([program, "check", "config", config], ok=())
    if said.returncode == 0 and path not in said.stdout:
        return f"{config} does not name {path}: write it, or a pattern for its directory, to rule_files."
    return ""


def program_of(files: Files, name: str) -> str:
    """Return the path of a program of Prometheus; empty where there is none."""
    paths = [f"{directory}/{name}" for directory in _PROGRAMS]
    return next((path for path in paths if files.read(path, content=False)), "")
