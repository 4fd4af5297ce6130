# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tools.lab import cli, emulator, engine, hosts, machines, packages, pythons, recipes, segments, venv


def test_only_packages_that_are_fully_installed_count() -> None:
    status = "make installed\ngit config-files\ngcc half-installed\n"
    assert packages.missing(["make", "git", "gcc", "runc"], status) == ["git", "gcc", "runc"]


@pytest.mark.parametrize(("release", "separate"), [(12, False), (13, True), (14, True), (None, False)])
def test_the_client_of_docker_is_a_package_of_its_own_since_debian_13(release: int | None, separate: bool) -> None:
    assert ("docker-cli" in engine.package_names(release)) is separate


@pytest.mark.parametrize(
    ("core", "version", "expected"),
    [("2.19", "3.11.2", True), ("2.20", "3.11.2", False), ("2.21", "3.12.1", True), ("2.19", "3.14.0", False)],
)
def test_an_ansible_core_gets_a_python_that_it_supports(core: str, version: str, expected: bool) -> None:
    assert pythons.suits(core, version) is expected


def test_every_ansible_core_on_offer_is_pinned() -> None:
    for core in pythons.SUPPORTED:
        assert (venv.REQUIREMENTS / f"core-{core}.txt").read_text().startswith(f"ansible-core=={core}.")


def test_every_requirement_is_pinned_once_per_environment() -> None:
    for files in venv.KINDS.values():
        lines = [line for name in files for line in (venv.REQUIREMENTS / f"{name}.txt").read_text().splitlines()]
        pins = [line.split("==") for line in lines if not line.startswith("#")]
        assert all(len(pin) == 2 for pin in pins)
        names = [name.lower() for name, _unused in pins]
        assert len(names) == len(set(names))


def test_only_collections_in_use_leave_the_wheel() -> None:
    assert venv.wanted("ansible_collections/community/docker/plugins/connection/docker.py")
    assert not venv.wanted("ansible_collections/community/docker_extra/README.md")


def test_an_image_is_another_when_anything_of_its_recipe_changes() -> None:
    recipe = recipes.BUILDER
    changed = [
        replace(recipe, codename="trixie"),
        replace(recipe, packages=(*recipe.packages, "curl")),
        replace(recipe, script=recipe.script + "true\n"),
        replace(recipe, command=("true",)),
    ]
    assert len({recipe.key, *(other.key for other in changed)}) == 5


def test_the_names_of_ups_parts_are_checked() -> None:
    assert cli.parser().parse_args(["up", "--with", "docker,test"]).parts == ["docker", "test"]
    with pytest.raises(SystemExit):
        cli.parser().parse_args(["up", "--with", "docker,tset"])


def test_inventories_are_valid_and_name_their_host() -> None:
    container = json.loads(hosts.inventory("kitchen"))["all"]["hosts"]["kitchen"]
    assert container["ansible_connection"] == "community.docker.docker"
    machine = json.loads(machines.inventory("cellar", Path("/cache/m"), 2222))["all"]["hosts"]["cellar"]
    assert (machine["ansible_host"], machine["ansible_port"]) == ("127.0.0.1", 2222)


def test_a_machine_listens_on_the_loopback_only_and_a_comma_stays_in_its_path() -> None:
    line = emulator.arguments(2222, Path("/a,b/console"), throwaway=True)
    assert "file:/a,,b/console" in line
    assert "user,id=ssh,hostfwd=tcp:127.0.0.1:2222-:22" in line
    assert "file=disk,format=raw,if=virtio,snapshot=on" in line
    assert "user,id=lan,restrict=on" in line


def test_segments_lead_to_tap_devices_with_names_that_the_kernel_takes() -> None:
    names = {name: segments.device("hardened-librespot-network-debian13", name) for name in segments.SEGMENTS}
    assert all(len(name) <= 15 for name in names.values())
    line = emulator.arguments(2222, Path("/console"), throwaway=True, devices=names)
    assert [item.partition(",")[0] for item in line if "id=lan" in item or "id=far" in item] == ["tap", "tap"]
