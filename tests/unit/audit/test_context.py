# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the checks of an audit share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.audit.context import guarded
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import ERROR, Finding


@pytest.mark.parametrize("error", [OverflowError("endless"), ZeroDivisionError("none"), RecursionError("deep")])
def test_what_was_made_up_to_end_an_audit_is_a_finding(error: Exception) -> None:
    def look() -> Iterator[Finding]:
        raise error

    (found,) = guarded("RES-06", "told", "host", look)
    assert (found.status, found.observed) == (ERROR, str(error))
