# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions compare as numbers."""

from __future__ import annotations

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.version import before, version_key


def test_numbers_not_text() -> None:
    assert before("0.8.0", "0.10.0")
    assert not before("0.8.0", "0.8.0")
    assert not before("1.0.0", "0.8.0")


@pytest.mark.parametrize("text", ["", "0.8", "0.8.0-rc1", "v0.8.0", "0.8.0\n", "\u0660.8.0"])
def test_what_is_no_version_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="not a version"):
        version_key(text)
