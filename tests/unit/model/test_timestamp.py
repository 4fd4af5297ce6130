# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moments of both engines, in whatever zone their daemon is."""

from __future__ import annotations

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.timestamp import seconds


@pytest.mark.parametrize(
    "text",
    ["2026-11-27T09:43:19.372927593Z", "2026-11-27T10:43:19+01:00", "2026-11-27T05:13:19.1-04:30"],
)
def test_it_is_the_same_moment(text: str) -> None:
    assert seconds(text) == 1795772599.0


@pytest.mark.parametrize("text", ["", "2026-11-27", "2026-11-27T09:43:19", "0001-01-01T00:00:00"])
def test_what_is_not_a_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a moment"):
        seconds(text)
