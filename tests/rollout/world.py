# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Six hosts in staging, canary and production, and runs of the playbooks over them."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.hosts import BUILDER, CHECKOUT, CONNECTION, Host, fresh
from tests.support.plays import Run

OLD, NEW = "0.7.1", "0.8.0"
PORT = 27901
WATCHER = "/root/watcher.py"
TODAY = "2026-08-25"
"""A few days after the excerpt of the database was taken."""

IMAGES = ("debian13", "debian12", "debian13", "debian13", "debian12", "debian13")
STAGING, CANARY, PRODUCTION = slice(0, 2), slice(2, 3), slice(3, 6)


@dataclass(frozen=True)
class Watched:
    """What a host answered: versions in their order, empty for none, each with its time in seconds."""

    changes: Sequence[Sequence[Any]]

    @property
    def versions(self) -> list[str]:
        """Return what answered, one after the other."""
        return list(dict.fromkeys(str(version) for _moment, version in self.changes if version))

    def back(self, version: str) -> float:
        """Return for how long *version*, which answered at first and answers at last, did not."""
        assert self.changes[0][1] == self.changes[-1][1] == version, self.changes
        gone = next((moment for moment, seen in self.changes if seen != version), 0.0)
        return float(self.changes[-1][0] - gone) if gone else 0.0


class Watcher:
    """Asks a host all the time which version answers."""

    def __init__(self, host: Host) -> None:
        self._process = host.start("/usr/bin/python3", "-I", WATCHER, str(PORT))

    def told(self) -> Watched:
        """End it, and return what it saw."""
        output, _unused = self._process.communicate(timeout=60)
        return Watched(list(json.loads(output)))


@dataclass
class Fleet:
    """The *hosts*, and a controller that keeps what it needs in *directory*."""

    hosts: list[Host]
    directory: Path
    settings: dict[str, Any] = field(default_factory=dict)

    def begin(
        self, playbook: str, variables: Mapping[str, Any] | None = None, options: Sequence[str] = (), **of_hosts: Any
    ) -> subprocess.Popen[str]:
        """Start a run; *variables* are those of the group, *of_hosts* those of single hosts, as in ``h1``."""
        inventory = self.directory / "inventory.json"
        inventory.write_text(json.dumps(self._inventory(variables or {}, of_hosts)), encoding="utf-8")
        settings = {"ANSIBLE_PIPELINING": "1", "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORKS": "6"}
        return subprocess.Popen(
            ["ansible-playbook", "--inventory", str(inventory), *options, str(CHECKOUT / "playbooks" / playbook)],
            env={**os.environ, **settings, "XDG_STATE_HOME": str(self.directory / "state")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, playbook: str = "update.yml", **given: Any) -> Run:
        """Run to the end."""
        process = self.begin(playbook, **given)
        output, _unused = process.communicate(timeout=1200)
        return Run(process.returncode, output)

    def converge(self, playbook: str = "update.yml", **given: Any) -> Run:
        """Run to the end, which must be a good one."""
        run = self.run(playbook, **given)
        assert run.status == 0, run.output
        return run

    def report(self) -> dict[str, dict[str, Any]]:
        """Return what the last run reported of each host, in the order of `hosts`."""
        data = json.loads((self.directory / "report.json").read_text(encoding="utf-8"))
        return {host.name: data["hosts"][host.name] for host in self.hosts}

    def outcomes(self) -> list[str]:
        """Return what became of each host."""
        return [item["outcome"] for item in self.report().values()]

    def versions(self) -> list[str]:
        """Return what each host answers."""
        return [str(host.get_info(PORT)["libraryVersion"]) for host in self.hosts]

    def releases(self) -> list[str]:
        """Return what is active on each host."""
        return [host.out("readlink", "/opt/librespot/current").strip().rpartition("/")[2] for host in self.hosts]

    def activated(self) -> list[float]:
        """Return when each host got its release."""
        return [float(host.out("stat", "--format=%.9Z", "/opt/librespot/current")) for host in self.hosts]

    def started(self) -> list[float]:
        """Return when the instance of each host was started, as the host says it."""
        shown = ("systemctl", "show", "--timestamp=unix", "--property=ActiveEnterTimestamp", "librespot-kitchen")
        return [float(host.out(*shown).strip().partition("@")[2]) for host in self.hosts]

    @contextmanager
    def watched(self) -> Iterator[list[Watched]]:
        """Watch all hosts meanwhile; what they answered is in the list afterwards."""
        watchers = [Watcher(host) for host in self.hosts]
        told: list[Watched] = []
        time.sleep(1)
        try:
            yield told
        finally:
            time.sleep(1)
            told += [watcher.told() for watcher in watchers]

    def _inventory(self, variables: Mapping[str, Any], of_hosts: Mapping[str, Any]) -> dict[str, Any]:
        names = {host.name: {**CONNECTION, **of_hosts.get(f"h{at}", {})} for at, host in enumerate(self.hosts, 1)}
        stages = (("staging", STAGING), ("canary", CANARY), ("production", PRODUCTION))
        group = {
            "vars": {
                "librespot_instances": [{"name": "kitchen", "port": PORT, "options": {"name": "Kitchen"}}],
                "librespot_install_build_host": BUILDER,
                "librespot_install_build_dir": "/var/cache/hardened-librespot/build",
                "librespot_update_soak": 3,
                "librespot_update_report": str(self.directory / "report.json"),
                "librespot_update_today": TODAY,
                **self.settings,
                **variables,
            },
            "children": {
                stage: {"hosts": {name: names[name] for name in list(names)[which]}} for stage, which in stages
            },
        }
        return {"all": {"hosts": {BUILDER: CONNECTION}, "children": {"librespot": group}}}


@contextmanager
def fleet(directory: Path, **settings: Any) -> Iterator[Fleet]:
    """Start six hosts that run the old release, and remove them afterwards."""
    with ExitStack() as stack:
        names = [f"hardened-librespot-rollout-{number}" for number in range(1, len(IMAGES) + 1)]
        hosts = [stack.enter_context(fresh(name, image)) for name, image in zip(names, IMAGES, strict=True)]
        for host in hosts:
            host.put(Path(__file__).with_name("watcher.py"), WATCHER)
        made = Fleet(hosts, directory, settings)
        made.converge("site.yml", variables={"librespot_version": OLD})
        yield made
