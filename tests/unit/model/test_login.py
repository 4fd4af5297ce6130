# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.model.login import complete_login, unusable_login

GOOD = '{"username": "x", "auth_type": 1, "auth_data": "c2VjcmV0"}'


def test_one_that_librespot_wrote_is_complete() -> None:
    assert unusable_login(GOOD) == ""
    assert complete_login(GOOD)


@pytest.mark.parametrize(
    "text",
    [
        "{not json", "{}", '{"a": "\0"', "[]", "null", "", " ", "[" * 16000, GOOD + " " * 20000, 5, None,
        '{"auth_type": 1, "auth_data": "not base64!"}', '{"auth_type": "1", "auth_data": "c2VjcmV0"}',
        '{"auth_type": true, "auth_data": "c2VjcmV0"}', '{"auth_type": 1, "auth_data": 5}',
    ],
)  # fmt: skip
def test_what_librespot_could_not_read_is_refused_and_not_shown(text: Any) -> None:
    assert unusable_login(text)
    with pytest.raises(SpecificationError) as caught:
        parse_specification("0.8.0", [{"name": "kitchen"}], {"kitchen": text})
    assert str(caught.value).startswith("librespot_credentials.kitchen:")
    assert "c2VjcmV0" not in str(caught.value)


@pytest.mark.parametrize("text", ['{"username": "x"}', '{"auth_type": 1}', '{"auth_type": 1, "auth_data": ""}'])
def test_without_discovery_a_login_has_to_be_complete(text: str) -> None:
    with pytest.raises(SpecificationError, match="leaves no way to log in"):
        parse_specification("0.8.0", [{"name": "kitchen", "bind": {"discovery": False}}], {"kitchen": text})
