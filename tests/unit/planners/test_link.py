# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A link in a directory of someone else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.link import LinkPlanner, refuse_links


def link(root: Path, present: bool = True) -> LinkPlanner:
    return LinkPlanner(Files(str(root)), "/there/our.prom", "/var/lib/x", present)


@pytest.fixture
def there(tmp_path: Path) -> Path:
    (tmp_path / "there").mkdir()
    return tmp_path / "there" / "our.prom"


def test_it_is_made_turned_and_removed(tmp_path: Path, there: Path) -> None:
    for before in ("", "/elsewhere"):
        if before:
            there.unlink()
            there.symlink_to(before)
        assert converge([link(tmp_path)], check=True)[0].changed
        assert converge([link(tmp_path)], check=False)[0].changed
        assert str(there.readlink()) == "/var/lib/x"
        assert not converge([link(tmp_path)], check=False)[0].changed
    assert converge([link(tmp_path, present=False)], check=False)[0].changed
    assert not there.is_symlink()
    assert not converge([link(tmp_path, present=False)], check=False)[0].changed


def test_what_is_not_ours_is_neither_replaced_nor_removed(tmp_path: Path, there: Path) -> None:
    there.write_text("theirs")
    with pytest.raises(HostError, match="stands where a link of ours belongs"):
        converge([link(tmp_path)], check=True)
    converge([link(tmp_path, present=False)], check=False)
    assert there.read_text() == "theirs"
    there.unlink()
    there.symlink_to("/theirs")
    converge([link(tmp_path, present=False)], check=False)
    assert str(there.readlink()) == "/theirs"


def test_what_a_killed_run_has_left_is_a_change(tmp_path: Path, there: Path) -> None:
    converge([link(tmp_path)], check=False)
    left = there.parent / ".librespot-new-0123"
    left.symlink_to("/var/lib/x")
    assert converge([link(tmp_path)], check=False)[0].changed
    assert not left.is_symlink()


def test_what_cannot_be_made_is_refused_before_anything_is_applied(tmp_path: Path, there: Path) -> None:
    other = LinkPlanner(Files(str(tmp_path)), "/there/other.prom", "/var/lib/x")
    refuse_links([link(tmp_path), other])
    (there.parent / "other.prom").write_text("theirs")
    with pytest.raises(HostError, match="stands where a link of ours belongs"):
        refuse_links([link(tmp_path), other])
    assert not there.is_symlink()
