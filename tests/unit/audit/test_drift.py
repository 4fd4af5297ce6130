# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit says of a difference."""

from __future__ import annotations

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.audit.drift import said
from ansible_collections.hardened.librespot.plugins.module_utils.model.plan import Difference

LONG = "accept " * 40


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("0666", "0644", "x: y is 0666, not 0644"),
        (f"{LONG}one", f"{LONG}two", "x: y is ...ccept accept accept one, not ...ccept accept accept two"),
        (LONG, f"{LONG}more", "x: y is ...accept accept accept, not ...accept accept accept more"),
        (f"a {LONG}"[:90], "b", f"x: y is a {LONG}"[:88] + "..., not b"),
    ],
)
def test_where_long_texts_differ_is_shown(before: str, after: str, shown: str) -> None:
    assert said(Difference("x", "y", before, after)) == shown
