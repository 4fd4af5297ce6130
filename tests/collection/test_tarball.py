# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from .conftest import EXAMPLES, ROOT, Run

ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))
ALONE = "- hosts: localhost\n  gather_facts: false\n  roles:\n    - role: hardened.librespot.{role}\n"


def test_it_holds_what_a_user_needs_and_nothing_else(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        top = {name.split("/")[0] for name in archive.getnames()}
    assert top - {"CHANGELOG.md"} == {
        "CONTRIBUTING.md",
        "FILES.json",
        "LICENSE",
        "MANIFEST.json",
        "README.md",
        "SECURITY.md",
        "changelogs",
        "docs",
        "examples",
        "meta",
        "playbooks",
        "plugins",
        "requirements.txt",
        "roles",
    }


@pytest.mark.parametrize("role", ROLES)
def test_a_playbook_that_is_not_ours_can_name_each_role(role: str, as_user: Run, tmp_path: Path) -> None:
    playbook = tmp_path / "alone.yml"
    playbook.write_text(ALONE.format(role=role), encoding="utf-8")
    as_user(["ansible-playbook", "--syntax-check", str(playbook)])


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_each_playbook_is_found_by_its_name(playbook: str, as_user: Run) -> None:
    as_user(["ansible-playbook", "-i", str(EXAMPLES), "--syntax-check", f"hardened.librespot.{playbook}"])
