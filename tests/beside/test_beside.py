# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Beside ufw and firewalld: the trusted get through, nobody else does, and nothing of theirs is changed."""

from __future__ import annotations

import pytest

from tests.attacks.deployment import APPLY
from tests.attacks.hosts import Target, until
from tests.beside.firewalls import Firewall, answered, knocked, running, specified
from tests.support.plays import Controller

TRUSTED_ALONE = (True, False)


@pytest.fixture
def host(controller: Controller, firewall: Firewall) -> Target:
    """Return the host with the firewall in force."""
    del firewall
    assert isinstance(controller.host, Target)
    return controller.host


def test_the_trusted_get_through_and_what_closes_the_way_is_mended(
    host: Target, stranger: Target, controller: Controller, firewall: Firewall
) -> None:
    assert answered(host, stranger) == TRUSTED_ALONE
    assert controller.converge(APPLY, specified(host)).recap(host)["changed"] == 0
    host.shell(firewall.forget)
    # It was our opening that let them in.
    assert answered(host, stranger) == (False, False)
    assert controller.run(APPLY, specified(host), ["--check"]).recap(host)["changed"] == 1
    assert controller.converge(APPLY, specified(host)).recap(host)["changed"] == 1
    assert answered(host, stranger) == TRUSTED_ALONE


def test_a_reload_changes_nothing(host: Target, stranger: Target, firewall: Firewall) -> None:
    assert knocked(host, stranger, firewall.reload) == []
    assert answered(host, stranger) == TRUSTED_ALONE
    assert running(host)


def test_the_opening_is_for_the_trusted_alone(host: Target, stranger: Target) -> None:
    host.shell("nft delete table inet librespot")
    try:
        assert answered(host, stranger) == TRUSTED_ALONE
    finally:
        host.shell("systemctl restart librespot-firewall.service")
        until(lambda: running(host), 20, "it runs again")


def test_another_port_moves_the_opening(host: Target, controller: Controller, firewall: Firewall) -> None:
    controller.converge(APPLY, specified(host, port=37890))
    assert "37890" in host.shell(firewall.ours)
    assert "37879" not in host.shell(firewall.ours)
    assert host.answer(37890) is not None


def test_absent_closes_the_way_and_leaves_theirs(host: Target, controller: Controller, firewall: Firewall) -> None:
    controller.converge(APPLY, {"librespot_state": "absent"})
    assert host.shell(firewall.ours) == ""
    assert "8080" in host.shell(firewall.theirs)
