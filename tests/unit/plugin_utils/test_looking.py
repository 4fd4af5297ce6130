# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a look at releases cannot use is refused before anything is asked."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.release_info_options import RELEASE_INFO_OPTIONS
from ansible_collections.hardened.librespot.plugins.plugin_utils.looking import refuse

FEED = {"name": "releases", "url": "https://example.org/feed.atom"}


def asked(**given: Any) -> dict[str, Any]:
    validated = ArgumentSpecValidator(deepcopy(RELEASE_INFO_OPTIONS)).validate(given)
    assert not validated.error_messages
    return dict(validated.validated_parameters)


def test_the_defaults_are_right() -> None:
    refuse(asked())
    refuse(asked(feeds=[FEED], gather=["feeds"]))


@pytest.mark.parametrize(
    ("given", "path", "right"),
    [
        ({"timeout": 0}, "timeout", "from 1 to 86400 seconds"),
        ({"timeout": int("9" * 23)}, "timeout", "from 1 to 86400 seconds"),
        ({"fresh_for": -1}, "fresh_for", "from 0 to 5256000 minutes"),
        ({"fresh_for": int("9" * 23)}, "fresh_for", "from 0 to 5256000 minutes"),
        ({"stale_for": int("9" * 23)}, "stale_for", "from 0 to 87600 hours"),
        ({"policy": {"min_age_days": -1}}, "policy.min_age_days", "from 0 to 3650 days"),
        ({"policy": {"min_age_days": int("9" * 20)}}, "policy.min_age_days", "from 0 to 3650 days"),
        ({"advisories": {"newest": -1}}, "advisories.newest", "from 0 to 1000 releases"),
        ({"advisories": {"max_age": int("9" * 23)}}, "advisories.max_age", "from 0 to 3650 days"),
        ({"gather": []}, "gather", "Write one or more of: releases, running, feeds"),
        ({"feeds": [{**FEED, "name": ""}]}, "feeds[0].name", "Write some text"),
        ({"feeds": [{**FEED, "name": "a\x1b[2J"}]}, "feeds[0].name", "Remove it"),
    ],
)
def test_what_is_wrong_is_named(given: dict[str, Any], path: str, right: str) -> None:
    with pytest.raises(SpecificationError) as caught:
        refuse(asked(**given))
    assert caught.value.path == path
    assert right in caught.value.remedy


def test_a_login_in_an_engine_is_not_shown() -> None:
    engines = [{"name": "cargo-audit", "database": "https://s3cret@example.org/db.git"}]
    with pytest.raises(SpecificationError, match=r"^advisories\.engines\[0\]\.database: has a login") as caught:
        refuse(asked(advisories={"engines": engines}))
    assert "s3cret" not in str(caught.value)
