# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests inside the hosts of a Molecule scenario. What is declared there is read from its inventory."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host
from testinfra.utils.ansible_runner import AnsibleRunner

from ansible_collections.hardened.librespot.tests.molecule.callback_plugins.record import FILE
from ansible_collections.hardened.librespot.tests.molecule.speaker import Speaker

DIRECTORY = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])


LISTING = Path(__file__).with_name("listing.sh")


def listing(host: Host) -> str:
    """Return all files, users and units of the host as they are now."""
    return str(host.check_output("sh -c %s", LISTING.read_text(encoding="utf-8")))


def pristine(host: Host) -> str:
    """Return the same as it was before anything was deployed."""
    return (DIRECTORY / f"before-{host.backend.get_hostname()}.txt").read_text(encoding="utf-8")


@cache
def declared(inventory: str) -> list[dict[str, Any]]:
    """Return the instances of the scenario."""
    runner = AnsibleRunner(inventory)
    (name,) = runner.get_hosts("librespot")
    found: list[dict[str, Any]] = plain(runner.get_variables(name)["librespot_instances"])
    return found


def plain(value: Any) -> Any:
    """Return *value* as it is, without the mark that ansible-inventory puts around unsafe text."""
    if isinstance(value, dict):
        return value.get("__ansible_unsafe", {key: plain(item) for key, item in value.items()})
    return [plain(item) for item in value] if isinstance(value, list) else value


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a speaker with each of those that were declared."""
    if "spec" in metafunc.fixturenames:
        instances = declared(metafunc.config.getoption("--ansible-inventory"))
        metafunc.parametrize("spec", instances, ids=[item["name"] for item in instances])


@pytest.fixture
def speaker(host: Host, spec: dict[str, Any], request: pytest.FixtureRequest) -> Speaker:
    """One instance."""
    found = Speaker(host, spec)
    request.node.stash[_SPEAKER] = found
    return found


@pytest.fixture
def speakers(host: Host, request: pytest.FixtureRequest) -> list[Speaker]:
    """All instances."""
    return [Speaker(host, spec) for spec in declared(request.config.getoption("--ansible-inventory"))]


@pytest.fixture(scope="session")
def runs() -> list[dict[str, Any]]:
    """What each playbook changed, in order."""
    return [json.loads(line) for line in (DIRECTORY / FILE).read_text(encoding="utf-8").splitlines()]


_SPEAKER = pytest.StashKey[Speaker]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the journal of the instance beside the failure of its test."""
    report = yield
    if report.failed and _SPEAKER in item.stash:
        found = item.stash[_SPEAKER]
        report.sections.append((f"journal of {found.unit}", found.journal()))
    return report
