# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A number with its noun."""

from __future__ import annotations

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.counted import counted


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 findings"), (1, "1 finding"), (2, "2 findings"), (11, "11 findings")]
)
def test_one_is_one(number: int, said: str) -> None:
    assert counted(number, "finding") == said
