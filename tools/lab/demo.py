# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make demo``: the real librespot, built, deployed to a throwaway host, asked, measured and audited."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tools.lab import builder, engine, hosts, recipes, venv
from tools.lab.cache import Cache, location
from tools.lab.errors import LabError
from tools.lab.process import output, tail
from tools.lab.progress import Progress

HOST = "librespot-demo"
IMAGE = recipes.ALL["debian13"]
SPEAKER = "demo"
PORT = 37879
INSTANCES = [{"name": SPEAKER, "port": PORT, "options": {"name": "Hardened librespot"}}]

_CONNECTION = {
    "ansible_connection": "community.docker.docker",
    "ansible_python_interpreter": "/usr/bin/python3",
    # Known to be root, so that nothing has to become it.
    "ansible_user": "root",
}
_BUILDING = re.compile(r"^librespot [\d.]+: (.+), \d+m\d\ds$")
_RECAP = re.compile(rf"^{HOST} +: ok=(\d+) +changed=(\d+) .*$", re.MULTILINE)
_SCORE = re.compile(r"Overall exposure level for \S+: ([\d.]+) (\w+)")

_NEXT = f"""\
Try next:
  docker exec {HOST} systemctl status librespot-{SPEAKER}
    the instance, its limits and its watchdog
  docker exec {HOST} systemd-analyze security librespot-{SPEAKER}
    each directive of its sandbox
  docker exec {HOST} pkill --signal STOP librespot
    freeze it: it is back within 30 seconds
  docker exec {HOST} chmod 644 /etc/librespot/{SPEAKER}.env
    loosen a mode; make demo again tells and mends it
  make demo-clean
    remove all of this
"""


def inventory() -> dict[str, object]:
    """Return the inventory of the demo: the host, and the container that librespot is built in."""
    variables = {
        "librespot_instances": INSTANCES,
        "librespot_audit_live": True,
        "librespot_install_build_host": builder.NAME,
        "librespot_install_build_dir": f"{builder.STORE}/build",
    }
    group = {"hosts": {HOST: _CONNECTION}, "vars": variables}
    return {"all": {"hosts": {builder.NAME: _CONNECTION}, "children": {"librespot": group}}}


@dataclass(frozen=True)
class Demo:
    """One run; its inventory and the output of its plays are in the cache."""

    cache: Cache
    progress: Progress

    def run(self) -> None:
        """Show all of it. Raises LabError when anything is not as it should be."""
        engine.ensure(self.cache, self.progress)
        environment = venv.ensure("controller", venv.DEFAULT_CORE, self.cache, self.progress)
        builder.up(self.cache, self.progress)
        hosts.up(HOST, IMAGE, "bridge", self.cache, self.progress)
        self._inventory.write_text(json.dumps(inventory(), indent=2), encoding="utf-8")
        variables = {**os.environ, **environment.variables(self.cache, os.environ["PATH"]), "ANSIBLE_PIPELINING": "1"}

        print(f"playbooks/site.yml: {_recap(self._play('site', 'applying playbooks/site.yml', variables))}", flush=True)
        again = _recap(self._play("site", "applying it again", variables))
        print(f"the same again:     {again}", flush=True)
        if " changed=0 " not in again:
            raise LabError("The second run changed something", f"See {self._log}")
        self._show_answer()
        self._show_score()
        print(f"\n{self._play('audit', 'auditing with playbooks/audit.yml', variables)}\n{_NEXT}", flush=True)

    @property
    def _inventory(self) -> Path:
        return self.cache.directory("demo") / "inventory.json"

    @property
    def _log(self) -> Path:
        return self.cache.log("demo")

    def _play(self, playbook: str, title: str, variables: dict[str, str]) -> str:
        """Run a playbook and return what it printed. How far a build is becomes part of the progress."""
        argv = ["ansible-playbook", "--inventory", str(self._inventory), f"playbooks/{playbook}.yml"]
        lines: list[str] = []
        with (
            self.progress.step(title) as step,
            self._log.open("a", encoding="utf-8") as log,
            subprocess.Popen(
                argv,
                cwd=venv.CHECKOUT,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            ) as process,
        ):
            for line in process.stdout or ():
                log.write(line)
                lines.append(line)
                building = _BUILDING.match(line)
                if building:
                    step.note(building.group(1))
        text = "".join(lines).strip()
        if process.returncode:
            raise LabError(f"playbooks/{playbook}.yml failed:\n{text}", f"All output is in {self._log}")
        return text

    @staticmethod
    def _show_answer() -> None:
        address = output(
            ["docker", "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", HOST]
        )
        url = f"http://{address}:{PORT}/?action=getInfo"
        with urllib.request.urlopen(url, timeout=10) as response:  # the scheme is ours
            answer = json.load(response)
        print(f"\n{url} answers:\n{json.dumps(answer, indent=2)}", flush=True)

    @staticmethod
    def _show_score() -> None:
        text = output(["docker", "exec", HOST, "systemd-analyze", "security", "--no-pager", f"librespot-{SPEAKER}"])
        found = _SCORE.search(text)
        if found is None:
            raise LabError(f"systemd-analyze gave no score: {tail(text)}")
        score, word = found.groups()
        print(f"\nExposure of its sandbox, of 10 (systemd-analyze security): {score} {word}", flush=True)


def _recap(text: str) -> str:
    found = _RECAP.search(text)
    if found is None:
        raise LabError(f"{HOST} was not in the play:\n{tail(text)}")
    return " ".join(found.group(0).split())


def main() -> int:
    """Run the demo; returns the status of the process."""
    progress = Progress()
    try:
        Demo(Cache(location(os.environ), progress), progress).run()
    except LabError as error:
        print(f"error: {error.message}", file=sys.stderr)
        if error.remedy:
            print(f"next:  {error.remedy}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
