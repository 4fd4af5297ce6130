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

SYSTEMD, CONTAINER = "systemd", "container"
HOSTS = {SYSTEMD: ("librespot-demo", "debian13"), CONTAINER: ("librespot-demo-docker", "debian13-docker")}
"""By deployment, the host and the image that it is made from."""

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
_RECAP = re.compile(r"^librespot-demo\S* +: ok=(\d+) +changed=(\d+) .*$", re.MULTILINE)
_SCORE = re.compile(r"Overall exposure level for \S+: ([\d.]+) (\w+)")

_METRICS = "/var/lib/hardened-librespot-monitor/librespot.prom"
_UP = f'librespot_instance_up{{name="{SPEAKER}"}} 1'
_SHOWN = (
    *("librespot_instance_info", "librespot_instance_up", "librespot_instance_healthy", "librespot_cpu_seconds_total"),
    *("librespot_memory_bytes", "librespot_memory_limit_bytes", "librespot_tasks", "librespot_tasks_limit"),
    *("librespot_open_files", "librespot_open_files_limit"),
    # In a container the kernel does not count everything for it.
    "librespot_monitor_unreadable",
)
_AUDIT = "hardened-librespot-audit.service"
_LOCK = "/run/hardened-librespot.lock"

_NEXT = {
    SYSTEMD: """\
Try next:
  docker exec {host} systemctl status librespot-{speaker}
    the instance, its limits and its watchdog
  docker exec {host} systemd-analyze security librespot-{speaker}
    each directive of its sandbox
  docker exec {host} pkill --signal STOP librespot
    freeze it: it is back within 30 seconds
  docker exec {host} chmod 644 /etc/librespot/{speaker}.env
    loosen a mode; make demo again tells and mends it
  make demo-clean
    remove all of this
""",
    CONTAINER: """\
Try next:
  docker exec {host} docker inspect librespot-{speaker}
    the container, as its engine has it
  docker exec {host} docker exec librespot-{speaker} /bin/sh
    there is no shell in it
  docker exec {host} pkill --signal STOP librespot
    freeze it: it is back within a minute
  docker exec {host} docker update --memory 1g --memory-swap 2g librespot-{speaker}
    raise a limit; make demo DEPLOYMENT=container again tells and mends it
  make demo-clean
    remove all of this
""",
}


def inventory(deployment: str) -> dict[str, object]:
    """Return the inventory of the demo: the host, and the container that librespot is built in."""
    variables = {
        "librespot_deployment": deployment,
        "librespot_instances": INSTANCES,
        "librespot_audit_live": True,
        "librespot_monitored": True,
        # No node_exporter reads it here.
        "librespot_monitoring_textfile_directory": "",
        "librespot_install_build_host": builder.NAME,
        "librespot_install_build_dir": f"{builder.STORE}/build",
    }
    group = {"hosts": {HOSTS[deployment][0]: _CONNECTION}, "vars": variables}
    return {"all": {"hosts": {builder.NAME: _CONNECTION}, "children": {"librespot": group}}}


@dataclass(frozen=True)
class Demo:
    """One run; its inventory and the output of its plays are in the cache."""

    cache: Cache
    progress: Progress
    deployment: str = SYSTEMD

    def run(self) -> None:
        """Show all of it. Raises LabError when anything is not as it should be."""
        engine.ensure(self.cache, self.progress)
        environment = venv.ensure("controller", venv.DEFAULT_CORE, self.cache, self.progress)
        builder.up(self.cache, self.progress)
        hosts.up(self._host, recipes.ALL[HOSTS[self.deployment][1]], "bridge", self.cache, self.progress)
        self._inventory.write_text(json.dumps(inventory(self.deployment), indent=2), encoding="utf-8")
        variables = {**os.environ, **environment.variables(self.cache, os.environ["PATH"]), "ANSIBLE_PIPELINING": "1"}

        print(f"playbooks/site.yml: {_recap(self._play('site', 'applying playbooks/site.yml', variables))}", flush=True)
        again = _recap(self._play("site", "applying it again", variables))
        print(f"the same again:     {again}", flush=True)
        if " changed=0 " not in again:
            raise LabError("The second run changed something", f"See {self._log}")
        self._show_answer()
        if self.deployment == CONTAINER:
            self._show_image()
        else:
            self._show_score()
        self._show_metrics()
        self._show_scheduled_audit()
        steps = _NEXT[self.deployment].format(host=self._host, speaker=SPEAKER)
        print(f"\n{self._play('audit', 'auditing with playbooks/audit.yml', variables)}\n{steps}", flush=True)

    @property
    def _host(self) -> str:
        return HOSTS[self.deployment][0]

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

    def _show_answer(self) -> None:
        address = output(
            ["docker", "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", self._host]
        )
        url = f"http://{address}:{PORT}/?action=getInfo"
        with urllib.request.urlopen(url, timeout=10) as response:  # the scheme is ours
            answer = json.load(response)
        print(f"\n{url} answers:\n{json.dumps(answer, indent=2)}", flush=True)

    def _show_image(self) -> None:
        """Print every file of the image that its container runs, from the manifest that the host keeps."""
        inside = ["docker", "exec", self._host]
        image = output([*inside, "docker", "inspect", "--format", "{{.Image}}", f"librespot-{SPEAKER}"])
        manifest = json.loads(output([*inside, "cat", f"/opt/librespot/images/{image.partition(':')[2]}.json"]))
        print(f"\nImage {image}: {manifest['size']} bytes in {len(manifest['files'])} files", flush=True)
        print(f"Its SBOM, {manifest['sbom']['path']}, names {manifest['sbom']['packages']} packages", flush=True)
        for item in manifest["files"]:
            size = item.get("size", f"-> {item.get('target')}")
            print(f"  {item['path']:<50} {size!s:>12}  {item['origin']}", flush=True)

    def _show_score(self) -> None:
        text = output(
            ["docker", "exec", self._host, "systemd-analyze", "security", "--no-pager", f"librespot-{SPEAKER}"]
        )
        found = _SCORE.search(text)
        if found is None:
            raise LabError(f"systemd-analyze gave no score: {tail(text)}")
        score, word = found.groups()
        print(f"\nExposure of its sandbox, of 10 (systemd-analyze security): {score} {word}", flush=True)

    def _show_metrics(self) -> None:
        """Print some of what a Prometheus would be told of the instance."""
        lines = output(["docker", "exec", self._host, "cat", _METRICS]).splitlines()
        found = [line for line in lines if line.partition("{")[0] in _SHOWN]
        if _UP not in found:
            raise LabError(f"The monitor does not tell that the instance is up: {found}", f"See {_METRICS}")
        shown = "\n".join(f"  {line}" for line in found)
        print(f"\n{_METRICS} tells Prometheus, among {len(lines)} lines:\n{shown}", flush=True)

    def _show_scheduled_audit(self) -> None:
        """Let the host audit itself, as its timer does each hour, and print what it says to the journal."""
        inside = ["docker", "exec", self._host]
        with self.progress.step("letting the host audit itself, without Ansible"):
            # It would wait for a minute: a playbook has just run.
            output([*inside, "touch", "--date", "2 minutes ago", _LOCK])
            output([*inside, "systemctl", "start", _AUDIT])
        said = output([*inside, "journalctl", "--unit", _AUDIT, "--identifier", "python3", "--output", "cat"])
        shown = "\n".join(f"  {line}" for line in said.strip().splitlines()[-3:])
        print(f"\n{_AUDIT} says in the journal:\n{shown}", flush=True)


def _recap(text: str) -> str:
    found = _RECAP.search(text)
    if found is None:
        raise LabError(f"The host was not in the play:\n{tail(text)}")
    return " ".join(found.group(0).split())


def main() -> int:
    """Run the demo; returns the status of the process."""
    progress = Progress()
    deployment = (sys.argv[1:] or [SYSTEMD])[0]
    try:
        if deployment not in HOSTS:
            raise LabError(f"{deployment} is no deployment", f"Write DEPLOYMENT={' or DEPLOYMENT='.join(HOSTS)}")
        Demo(Cache(location(os.environ), progress), progress, deployment).run()
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
