# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.confidential import logins, misplaced


@pytest.mark.parametrize(
    ("given", "hidden"),
    [
        ({"kitchen": '{"a": 1}', "bedroom": "text"}, {'{"a": 1}', "text"}),
        ({"kitchen": [{"auth_data": "c3RvcmVk"}, 123456]}, {"c3RvcmVk", "123456"}),
        ("kitchen=text", {"kitchen=text"}),
        ({"kitchen": "abc"}, set()),
        (None, set()),
    ],
)
def test_texts_of_logins_are_found_whatever_their_shape(given: Any, hidden: set[str]) -> None:
    assert logins(given) == hidden


@pytest.mark.parametrize(
    ("instance", "hidden"),
    [
        ({"options": {"password": "secret", "username": "alice", "bitrate": 320}}, {"secret", "alice"}),
        ({"options": {"access_token": "secret"}}, {"secret"}),
        ({"options": {"pasword": "secret"}}, {"secret"}),
        ({"options": {"proxy": "http://alice:secret@proxy:3128"}}, {"http://alice:secret@proxy:3128"}),
        ({"options": {"proxy": "http://proxy:3128", "name": "Kitchen"}}, set()),
        ({"credentials": {"any": "secret"}, "password": "other"}, {"secret", "other"}),
        ({"name": "kitchen", "options": "text"}, set()),
        ("kitchen", set()),
    ],
)
def test_secrets_at_the_wrong_place_are_found(instance: Any, hidden: set[str]) -> None:
    assert misplaced([instance, {"name": "bedroom"}]) == hidden
