# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What README.md and the example inventory say is true."""

from __future__ import annotations

import datetime
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.hardened.librespot.plugins.module_utils.model.image_options import IMAGE_BUILD_OPTIONS
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.model.notice_options import NOTICE_OPTIONS
from ansible_collections.hardened.librespot.plugins.module_utils.model.scan_options import SCAN_OPTIONS
from ansible_collections.hardened.librespot.plugins.module_utils.model.waivers import read_waivers
from tests.support.documentation import blocks
from tools import readme

from .conftest import EXAMPLES, ROOT, Run

README = (ROOT / "README.md").read_text(encoding="utf-8")
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


COMMANDS = [
    part.strip() for block in blocks("README.md", "console") for line in block.splitlines() for part in line.split("&&")
]


def known(command: list[str]) -> bool:
    """Tell whether *command* names things that exist: a target, a playbook, the tarball, a file."""
    found: bool = False
    match command:
        case ["make", target]:
            found = target in TARGETS
        case ["git", "clone", url]:
            found = url == GALAXY["repository"]
        case ["cd", directory]:
            found = directory == GALAXY["repository"].rsplit("/", 1)[1]
        case ["pip", "install", "-r", path]:
            found = (ROOT / path).is_file()
        case ["ansible-galaxy", "collection", "build"]:
            found = True
        case ["ansible-galaxy", "collection", "install", path]:
            found = path == f"{GALAXY['namespace']}-{GALAXY['name']}-{GALAXY['version']}.tar.gz"
        case ["ansible-playbook", "-i", inventory, *options, playbook]:
            files = (f"{inventory}/hosts.yml", f"playbooks/{playbook.removeprefix('hardened.librespot.')}.yml")
            found = set(options) <= {"--check", "--diff"} and all((ROOT / name).is_file() for name in files)
        case ["ansible", "-i", inventory, host, "-b", "-m", module, "-a", _arguments]:
            name = module.removeprefix("hardened.librespot.")
            hosts = (ROOT / inventory / "hosts.yml").read_text(encoding="utf-8")
            found = (ROOT / f"plugins/modules/{name}.py").is_file() and f" {host}:\n" in hosts
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_names_what_exists(command: str) -> None:
    assert known(shlex.split(command))


@pytest.mark.parametrize("name", sorted(readme.PARTS))
def test_generated_parts_are_up_to_date(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == readme.current(ROOT, name)


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
def test_every_link_within_the_project_leads_somewhere(target: str) -> None:
    assert (ROOT / target).exists()


@pytest.mark.parametrize("block", [text for text in blocks("README.md") if "librespot_instances" in text])
def test_every_specification_is_accepted(block: str) -> None:
    written = yaml.safe_load(block)
    accepted(written)


def accepted(written: dict[str, Any]) -> None:
    found = parse_specification(
        written.get("librespot_version", "0.8.0"),
        written["librespot_instances"],
        written.get("librespot_credentials", {}),
        written.get("librespot_zones", {}),
        written.get("librespot_deployment", "systemd"),
    )
    assert found.present


@pytest.mark.parametrize("block", blocks("docs/containers.md"))
def test_what_is_written_for_containers_is_a_specification_or_a_play(as_user: Run, tmp_path: Path, block: str) -> None:
    written = yaml.safe_load(block)
    if isinstance(written, dict):
        accepted(written)
        return
    (play,) = written
    given = play.get("vars")
    if given:
        accepted({"librespot_instances": given.get("librespot_instances") or given["speakers"]})
    (tmp_path / "play.yml").write_text(block, encoding="utf-8")
    as_user(["ansible-playbook", "--syntax-check", str(tmp_path / "play.yml")])


def test_what_is_written_of_the_supply_chain_is_a_play_and_options(as_user: Run, tmp_path: Path) -> None:
    play, options = blocks("docs/supply-chain.md")
    (tmp_path / "play.yml").write_text(play, encoding="utf-8")
    as_user(["ansible-playbook", "--syntax-check", str(tmp_path / "play.yml")])
    (task,) = yaml.safe_load(play)[0]["tasks"]
    given = {**task["hardened.librespot.scan"], **yaml.safe_load(options)}
    assert given.keys() <= SCAN_OPTIONS.keys()
    assert given["engines"][0].keys() <= SCAN_OPTIONS["engines"]["options"].keys()
    assert read_waivers(given["waivers"], datetime.date(2026, 8, 25), lambda _identifier: True)


@pytest.mark.parametrize("block", blocks("docs/libraries.md"))
def test_what_is_written_of_libraries_is_a_task(as_user: Run, tmp_path: Path, block: str) -> None:
    (task,) = yaml.safe_load(block)
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [task]}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    as_user(["ansible-playbook", "--syntax-check", str(tmp_path / "play.yml")])
    options = {**SCAN_OPTIONS, **IMAGE_BUILD_OPTIONS}
    (given,) = (value for name, value in task.items() if name.startswith("hardened.librespot."))
    assert given.keys() <= options.keys()
    for engine in given.get("engines", ()):
        assert engine.keys() <= SCAN_OPTIONS["engines"]["options"].keys()


def test_every_variable_of_the_ci_is_written_down_and_nothing_else() -> None:
    playbook = "".join((ROOT / "playbooks" / name).read_text(encoding="utf-8") for name in ("ci.yml", "vars/ci.yml"))
    used = set(re.findall(r"(?<!_)librespot_ci_([a-z_]+)", playbook)) - {"scan", "report"}
    rows = re.findall(
        r"^\| (`librespot_ci_.*?) \|", (ROOT / "docs/supply-chain.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {
        word.removeprefix("librespot_ci").lstrip("_") for row in rows for word in re.findall(r"`(.*?)`", row)
    } == used


CHECK_PLAYBOOKS = ("check.yml", "check_failed.yml", "vars/check.yml", "tasks/check_*.yml")
KEPT = {"scans", "sources", "running", "looked", "entries", "told"}
"""What the plays of the check keep for each other."""


def test_every_variable_of_the_check_is_written_down_and_nothing_else() -> None:
    texts = [path.read_text(encoding="utf-8") for name in CHECK_PLAYBOOKS for path in ROOT.glob(f"playbooks/{name}")]
    used = set(re.findall(r"(?<!_)librespot_check_([a-z_]+)", "".join(texts))) - KEPT
    text = (ROOT / "docs/checks.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`librespot_check_.*?) \|", text, re.MULTILINE)
    assert {
        word.removeprefix("librespot_check").lstrip("_") for row in rows for word in re.findall(r"`(.*?)`", row)
    } == used


def test_what_is_written_of_checks_is_options_and_a_role() -> None:
    options, play = map(yaml.safe_load, blocks("docs/checks.md"))
    for name, value in options.items():
        known = NOTICE_OPTIONS.get(name.removeprefix("librespot_check_"), {}).get("options", {})
        for given in value if known and isinstance(value, list) else [value] if known else []:
            assert given.keys() <= known.keys()
    (role,) = play[0]["roles"]
    defined = yaml.safe_load((ROOT / "roles/librespot_check/meta/argument_specs.yml").read_text(encoding="utf-8"))
    assert role["vars"].keys() <= defined["argument_specs"]["main"]["options"].keys()


def test_the_tarball_has_the_name_that_is_installed(tarball: Path) -> None:
    assert f"ansible-galaxy collection install {tarball.name}" in COMMANDS


def test_one_inventory_describes_three_environments(as_user: Run, tmp_path: Path) -> None:
    playbook = tmp_path / "show.yml"
    names = ("librespot_version", "librespot_instances", "librespot_zones")
    content = "{{ {" + ", ".join(f"'{name}': {name}" for name in names) + "} | to_json }}"
    task = {
        "ansible.builtin.copy": {
            "dest": f"{tmp_path}/{{{{ inventory_hostname }}}}.json",
            "content": content,
            "mode": "0600",
        },
        "delegate_to": "localhost",
        "vars": {"ansible_connection": "local"},
    }
    playbook.write_text(json.dumps([{"hosts": "librespot", "gather_facts": False, "tasks": [task]}]), encoding="utf-8")
    as_user(["ansible-playbook", "-i", str(EXAMPLES), str(playbook)])
    shown = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in tmp_path.glob("*.json")}
    assert len(shown) == 3
    for written in shown.values():
        accepted(written)
    environments = yaml.safe_load((EXAMPLES / "hosts.yml").read_text(encoding="utf-8"))["librespot"]["children"]
    assert [len(group["hosts"]) for group in environments.values()] == [1, 1, 1]
    assert list(environments) == ["development", "staging", "production"]


def test_every_variable_is_known() -> None:
    written = {name for block in blocks("README.md") for name in yaml.safe_load(block)}
    known = (ROOT / "docs/roles.md").read_text(encoding="utf-8")
    assert written
    assert {name for name in written if f"`{name}`" not in known} == set()
