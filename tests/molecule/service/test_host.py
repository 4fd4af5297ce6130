# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the runs did to the host."""

from __future__ import annotations

from typing import Any

from testinfra.host import Host

from ansible_collections.hardened.librespot.tests.molecule.conftest import listing, pristine


def rows(text: str, kind: str) -> dict[str, str]:
    """Return the rows of *kind* in a listing, by their subject."""
    found = (line.split("\t") for line in text.splitlines())
    return {row[1]: row[2] for row in found if row[0] == kind}


def tasks(run: dict[str, Any]) -> list[str]:
    """Return the tasks that changed something, or would."""
    return [task for _unused, task, _unused in run["changed"]]


def details(run: dict[str, Any]) -> set[str]:
    """Return what they changed."""
    return {item for _unused, _unused, items in run["changed"] for item in items}


def test_check_mode_predicted_what_the_first_run_changed(runs: list[dict[str, Any]]) -> None:
    ours = [run for run in runs if run["playbook"] == "site.yml"]
    predicted, done = ours[0], ours[1]
    assert (predicted["check"], done["check"]) == (True, False)
    assert done["hosts"]
    assert tasks(done)
    assert tasks(predicted) == tasks(done)
    assert details(predicted) == details(done)


def test_the_second_run_changed_nothing(runs: list[dict[str, Any]]) -> None:
    again = [run for run in runs if run["playbook"] == "site.yml" and not run["check"]][1]
    assert again["hosts"]
    assert again["changed"] == []


def test_what_was_there_has_the_modes_and_owners_it_had(host: Host) -> None:
    before, after = rows(pristine(host), "file"), rows(listing(host), "file")
    assert {"/etc", "/opt", "/usr", "/var/lib"} <= set(before)
    changed = {path: (was, after[path]) for path, was in before.items() if path in after and after[path] != was}
    assert changed == {}
