# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Command line of the lab."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.lab import builder, cache, engine, hosts, images, machine_disks, machines, pythons, recipes, venv
from tools.lab.clean import clean
from tools.lab.errors import LabError
from tools.lab.progress import Progress


@dataclass(frozen=True)
class Lab:
    """What every command works with."""

    options: argparse.Namespace
    cache: cache.Cache
    progress: Progress

    @property
    def core(self) -> str:
        """The ansible-core that was asked for."""
        return str(self.options.core)


def _engine(lab: Lab) -> None:
    engine.ensure(lab.cache, lab.progress)


def _environment(kind: str) -> Callable[[Lab], None]:
    def ensure(lab: Lab) -> None:
        venv.ensure(kind, lab.core, lab.cache, lab.progress)

    return ensure


def _images(*wanted: recipes.Recipe) -> Callable[[Lab], None]:
    def ensure(lab: Lab) -> None:
        _engine(lab)
        images.ensure(wanted, lab.cache, lab.progress)

    return ensure


def _machine(lab: Lab) -> None:
    machine_disks.ensure(machine_disks.MACHINES["debian13"], lab.cache, lab.progress)


PARTS: dict[str, Callable[[Lab], None]] = {
    "docker": _engine,
    "venv": _environment("controller"),
    "test": _environment("test"),
    "images": _images(*recipes.HOSTS),
    "monitoring": _images(*recipes.MONITORING),
    **{recipe.name: _images(recipe) for recipe in recipes.MONITORING},
    "builder": _images(recipes.BUILDER),
    "browser": _images(recipes.BROWSER),
    "machine": _machine,
}
"""What ``up`` can make sure of."""


def _up(lab: Lab) -> None:
    for part in lab.options.parts:
        PARTS[part](lab)


def _host_up(lab: Lab) -> None:
    _engine(lab)
    options = lab.options
    hosts.up(options.name, recipes.ALL[options.image], options.network, lab.cache, lab.progress)
    if options.inventory:
        _write(options.inventory, hosts.inventory(options.name), lab.cache)
    print(options.name)


def _host_down(lab: Lab) -> None:
    hosts.down(lab.options.name, lab.cache)


def _machine_up(lab: Lab) -> None:
    options = lab.options
    machine = machine_disks.MACHINES[options.image]
    inventory = machines.up(options.name, machine, options.cold, options.segments, lab.cache, lab.progress)
    if options.inventory:
        _write(options.inventory, inventory, lab.cache)
    print(options.name)


def _machine_down(lab: Lab) -> None:
    machines.down(lab.options.name, lab.cache)


def _machine_ssh(lab: Lab) -> None:
    words = machines.command(lab.options.name, lab.options.command, lab.cache)
    os.execvp(words[0], words)


def _write(path: Path, text: str, store: cache.Cache) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with store.publish(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _builder_up(lab: Lab) -> None:
    _engine(lab)
    print(builder.up(lab.cache, lab.progress))


def _builder_down(lab: Lab) -> None:
    with lab.progress.step("removing the build container"):
        builder.down()


def _env(lab: Lab) -> None:
    environment = venv.ensure(lab.options.kind, lab.core, lab.cache, lab.progress)
    for name, value in environment.variables(lab.cache, os.environ["PATH"]).items():
        print(f"export {name}={shlex.quote(value)}")


def _run(lab: Lab) -> None:
    environment = venv.ensure(lab.options.kind, lab.core, lab.cache, lab.progress)
    variables = {**os.environ, **environment.variables(lab.cache, os.environ["PATH"])}
    command = [word for index, word in enumerate(lab.options.command) if index or word != "--"]
    os.environ["PATH"] = variables["PATH"]
    try:
        os.execvpe(command[0], command, variables)
    except OSError as error:
        raise LabError(f"{command[0]}: {error.strerror}") from error


def _clean(lab: Lab) -> None:
    clean(lab.options.keep_cache, lab.cache, lab.progress)


def _parts(text: str) -> list[str]:
    parts = text.split(",")
    for part in parts:
        if part not in PARTS:
            raise argparse.ArgumentTypeError(f"{part!r} is not one of {', '.join(PARTS)}")
    return parts


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="python3 -m tools.lab", description="Throwaway hosts and tools for demo and tests."
    )
    top.add_argument("--quiet", action="store_true", help="no progress")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(
        group: argparse._SubParsersAction[argparse.ArgumentParser], name: str, action: Callable[[Lab], None], text: str
    ) -> argparse.ArgumentParser:
        made = group.add_parser(name, help=text, description=text)
        made.set_defaults(action=action)
        return made

    def environment(made: argparse.ArgumentParser) -> None:
        made.add_argument("--core", choices=list(pythons.SUPPORTED), default=venv.DEFAULT_CORE, help="ansible-core")

    up = command(commands, "up", _up, "Make sure that parts of the lab are there.")
    up.add_argument("--with", dest="parts", type=_parts, default=["docker", "venv", "images"], help=",".join(PARTS))
    environment(up)

    host = commands.add_parser("host", help="A throwaway host.").add_subparsers(required=True, metavar="COMMAND")
    host_up = command(host, "up", _host_up, "Start a host and wait for its systemd.")
    host_up.add_argument("name")
    host_up.add_argument(
        "--image",
        choices=[name for name in recipes.ALL if name != recipes.BUILDER.name],
        default="debian12",
    )
    host_up.add_argument("--network", default="bridge", help="Docker network (default: bridge)")
    host_up.add_argument("--inventory", type=Path, help="write an Ansible inventory of the host to this file")
    command(host, "down", _host_down, "Remove a host.").add_argument("name")

    machine = commands.add_parser("machine", help="A virtual machine.").add_subparsers(required=True, metavar="COMMAND")
    machine_up = command(machine, "up", _machine_up, "Start a virtual machine and wait for its systemd.")
    machine_up.add_argument("name")
    machine_up.add_argument("--image", choices=list(machine_disks.MACHINES), default="debian13")
    machine_up.add_argument("--cold", action="store_true", help="boot, instead of waking from a finished boot")
    machine_up.add_argument("--segments", action="store_true", help="lead its segments to network namespaces")
    machine_up.add_argument("--inventory", type=Path, help="write an Ansible inventory of the machine to this file")
    command(machine, "down", _machine_down, "Switch a virtual machine off.").add_argument("name")
    machine_ssh = command(machine, "ssh", _machine_ssh, "Run a command in a virtual machine as root.")
    machine_ssh.add_argument("name")
    machine_ssh.add_argument("command", nargs="+", help="the command and its arguments")

    build = commands.add_parser("builder", help="The build container.").add_subparsers(required=True, metavar="COMMAND")
    command(build, "up", _builder_up, "Start the build container and print its name.")
    command(build, "down", _builder_down, "Remove the build container.")

    for name, action, text in (
        ("env", _env, "Print the shell exports that put an environment in force."),
        ("run", _run, "Run a command in an environment."),
    ):
        made = command(commands, name, action, text)
        made.add_argument("--kind", choices=list(venv.KINDS), default="controller")
        environment(made)
        if action is _run:
            made.add_argument("command", nargs="+", help="the command and its arguments")

    made = command(commands, "clean", _clean, "Remove all that the lab made, but not packages that it installed.")
    made.add_argument("--keep-cache", action="store_true", help="leave the cache")
    return top


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns the status of the process."""
    options = parser().parse_args(arguments)
    progress = Progress(options.quiet)
    lab = Lab(options, cache.Cache(cache.location(os.environ), progress), progress)
    try:
        options.action(lab)
    except LabError as error:
        print(f"error: {error.message}", file=sys.stderr)
        if error.remedy:
            print(f"next:  {error.remedy}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
