# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host in each environment, and runs of the playbooks over all of them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.hosts import BUILDER, CHECKOUT, CONNECTION, Host, fresh
from tests.support.plays import Run

ENVIRONMENTS = ("development", "staging", "production")
DEVELOPMENT, STAGING, PRODUCTION = ENVIRONMENTS
KITCHEN, BEDROOM = "kitchen", "bedroom"
FLEET = "fleet"
FORMS = ("review.html", "review.json", "review.junit.xml", "review.md", "review.sarif", "rationale.md")

LIMITS: Mapping[str, Any] = {"memory": "96M", "cpu": "100%", "tasks": 48, "files": 256}
"""At most twice what is recommended for what tests/support/recorded.py says of a speaker."""

Given = Mapping[str, Mapping[str, Any]]
"""Variables of the inventory, by the environment that has them, or `FLEET` for all."""

Key = tuple[str, str, str, str]
"""Control, check and scope of a finding, and its host; `FLEET` where it is about all of them."""

_TIMEOUT_S = 1200


def speakers(change: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """Return the instances of a host; *change* are keys of the kitchen that are otherwise."""
    return [
        {"name": KITCHEN, "port": 37880, "options": {"bitrate": 320}, "limits": LIMITS, **(change or {})},
        {"name": BEDROOM, "port": 37881, "options": {"bitrate": 320}, "limits": LIMITS},
    ]


@dataclass(frozen=True)
class Audit:
    """What a run of a playbook came to, and the JSON that it wrote at *path*."""

    run: Run
    path: Path
    data: Mapping[str, Any]

    @property
    def statuses(self) -> dict[Key, str]:
        """The status of each finding."""
        found = {_key(FLEET, item): item["status"] for item in self.data["fleet"]["findings"]}
        for name, host in self.data["hosts"].items():
            found.update({_key(name, item): item["status"] for item in host["findings"]})
        return found

    @property
    def red(self) -> set[Key]:
        """The findings that make it fail."""
        return {key for key, status in self.statuses.items() if status in ("failed", "error")}

    def otherwise(self, than: Audit) -> dict[Key, str]:
        """Return the status of each finding that is not what it was, empty for one that is no more."""
        now, before = self.statuses, than.statuses
        return {key: now.get(key, "") for key in {*now, *before} if now.get(key) != before.get(key)}

    def finding(self, key: Key) -> dict[str, Any]:
        """Return one finding."""
        where = self.data["fleet"] if key[3] == FLEET else self.data["hosts"][key[3]]
        (found,) = [dict(item) for item in where["findings"] if _key(key[3], item) == key]
        return found

    def changed(self, outcome: str) -> set[Key]:
        """Return the findings of which the comparison with the last review says this *outcome*."""
        changes = self.data["comparison"]["changes"]
        return {_key(item["host"] or FLEET, item) for item in changes if item["outcome"] == outcome}


def _key(host: str, item: Mapping[str, str]) -> Key:
    return item["id"], item["check"], item["scope"], host


@dataclass(frozen=True)
class Fleet:
    """The *hosts* by their environments, and a controller that keeps what it needs in *directory*."""

    hosts: Mapping[str, Host]
    directory: Path

    def name(self, environment: str) -> str:
        """Return the host of an *environment*."""
        return self.hosts[environment].name

    def deploy(self, given: Given | None = None, only: str = "") -> None:
        """Make the hosts, or that of *only* one environment, what the inventory says."""
        run = self._run(CHECKOUT / "playbooks/site.yml", given, ["--limit", self.name(only)] if only else [])
        assert run.status == 0, run.output

    @contextmanager
    def deployed(self, given: Given, environment: str) -> Iterator[None]:
        """Make the host of an *environment* what an inventory says that has *given*, and what it was afterwards."""
        self.deploy(given, environment)
        try:
            yield
        finally:
            self.deploy(only=environment)

    def review(self, given: Given | None = None, reviews: str = "reviews", **variables: Any) -> Audit:
        """Make a formal review in the directory *reviews*, beside those that are there."""
        directory = self.directory / reviews
        before = set(directory.glob("*/review.json"))
        asked = {"librespot_review_directory": str(directory), **variables}
        run = self._run(CHECKOUT / "playbooks/review.yml", given, _extra(asked))
        made = set(directory.glob("*/review.json")) - before
        assert len(made) == 1, run.output
        (path,) = made
        found = Audit(run, path, json.loads(path.read_text(encoding="utf-8")))
        # However red it is, the run says so and the file does.
        errors = found.data["summary"]["error"]
        verdict = "incomplete" if errors else "findings" if found.red else "clean"
        assert (directory / "verdict").read_text(encoding="utf-8").strip() == verdict
        assert (run.status == 0) == (verdict == "clean"), run.output
        return found

    def audit(self, given: Given | None = None, **variables: Any) -> Audit:
        """Audit the hosts, with these *variables* of the role."""
        path = self.directory / "audit.json"
        path.unlink(missing_ok=True)
        asked = {"librespot_audit_path": str(path), "librespot_audit_show": "problems", **variables}
        run = self._run(CHECKOUT / "playbooks/audit.yml", given, _extra(asked))
        assert path.exists(), run.output
        return Audit(run, path, json.loads(path.read_text(encoding="utf-8")))

    def play(self, given: Given, *tasks: Mapping[str, Any]) -> None:
        """Run *tasks* alone on all hosts."""
        playbook = self.directory / "tasks.yml"
        playbook.write_text(json.dumps([{"hosts": "librespot", "gather_facts": False, "tasks": tasks}]))
        run = self._run(playbook, given)
        assert run.status == 0, run.output

    def _run(self, playbook: Path, given: Given | None, options: Sequence[str] = ()) -> Run:
        inventory = self.directory / "inventory.json"
        inventory.write_text(json.dumps(self._inventory(given or {})), encoding="utf-8")
        settings = {"ANSIBLE_PIPELINING": "1", "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORKS": "3"}
        done = subprocess.run(
            ["ansible-playbook", "--inventory", str(inventory), *options, str(playbook)],
            env={**os.environ, **settings, "XDG_STATE_HOME": str(self.directory / "state")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
        return Run(done.returncode, done.stdout)

    def _inventory(self, given: Given) -> dict[str, Any]:
        group = {
            "vars": {
                "librespot_instances": speakers(),
                "librespot_install_build_host": BUILDER,
                "librespot_install_build_dir": "/var/cache/hardened-librespot/build",
                **given.get(FLEET, {}),
            },
            "children": {
                name: {"hosts": {host.name: dict(CONNECTION)}, "vars": dict(given.get(name, {}))}
                for name, host in self.hosts.items()
            },
        }
        return {"all": {"hosts": {BUILDER: CONNECTION}, "children": {"librespot": group}}}


def _extra(variables: Mapping[str, Any]) -> list[str]:
    return ["--extra-vars", json.dumps(dict(variables))]


@contextmanager
def fleet(directory: Path) -> Iterator[Fleet]:
    """Start a host for each environment, all alike, and remove them afterwards."""
    with ExitStack() as stack:
        hosts = {name: stack.enter_context(fresh(f"hardened-librespot-review-{name}")) for name in ENVIRONMENTS}
        made = Fleet(hosts, directory)
        made.deploy()
        yield made
