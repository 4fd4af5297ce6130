# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What firewall-cmd says of the rules of a policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands, Result
from ansible_collections.hardened.librespot.plugins.module_utils.host.firewalld import Firewalld
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import CommandError


class Says(Commands):
    """A firewall-cmd that ends with *status* and says *text*."""

    def __init__(self, status: int, text: str) -> None:
        self._status, self._text = status, text

    def run(self, argv: Sequence[str], *_args: Any, **_options: Any) -> Result:
        if self._status:
            raise CommandError(tuple(argv), self._status, self._text)
        return Result(tuple(argv), 0, self._text, "")


@pytest.mark.parametrize(
    ("text", "rules"),
    [("", []), ("\n", []), ("rule one accept\nrule two accept\n", ["rule one accept", "rule two accept"])],
)
def test_rules(text: str, rules: list[str]) -> None:
    assert Firewalld(Says(0, text)).rules("librespot") == rules


def test_a_policy_that_is_not_loaded() -> None:
    assert Firewalld(Says(112, "Error: INVALID_POLICY: librespot\n")).rules("librespot") is None


def test_anything_else_is_an_error() -> None:
    with pytest.raises(CommandError, match="not running"):
        Firewalld(Says(252, "FirewallD is not running\n")).rules("librespot")
