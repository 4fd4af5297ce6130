# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who can be logged in to, by what passwd says of a user."""

from __future__ import annotations

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.accounts import login_open


@pytest.mark.parametrize("field", ["!", "*", "!*", "!$y$j9T$salt$hash"])
def test_a_locked_field_lets_nobody_in(field: str) -> None:
    assert not login_open("anna", field)


@pytest.mark.parametrize("field", ["", "$y$j9T$salt$hash"])
def test_a_password_or_none_at_all_lets_someone_in(field: str) -> None:
    assert login_open("anna", field)


@pytest.mark.parametrize(
    ("shadow", "is_open"),
    [
        ("root:*:1::::::\nanna:!:1::::::\n", False),
        ("annabel:$y$hash:1::::::\nanna:!*:1::::::\n", False),
        ("annabel:!:1::::::\nanna:$y$hash:1::::::\n", True),
        ("anna::1::::::\n", True),
        ("root:*:1::::::\n", False),
    ],
)
def test_x_refers_to_shadow(shadow: str, is_open: bool) -> None:
    assert login_open("anna", "x", shadow) == is_open
