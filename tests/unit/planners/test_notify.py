# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom a host cannot tell is refused before anything is changed."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.notify_options import asked_notify
from ansible_collections.hardened.librespot.plugins.module_utils.planners.notify import refuse_unusable


@pytest.mark.parametrize(("text", "said"), [(None, "No such file"), ("nonsense", "cannot be used")])
def test_an_authority_that_cannot_be_used(text: str | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    if text is not None:
        path.write_text(text)
    notify = asked_notify({"webhooks": [{"url": "https://hook.example.org/x", "ca_file": str(path)}]}, "notify")
    assert notify
    with pytest.raises(HostError, match=said) as caught:
        refuse_unusable(notify, "notify")
    assert caught.value.message.startswith("notify.webhooks[0].ca_file: ")


def test_an_address_that_is_none_is_named_and_not_shown() -> None:
    notify = asked_notify({"webhooks": [{"url": "https://u:hidden@hook.example.org/x"}]}, "notify")
    assert notify
    with pytest.raises(SpecificationError) as caught:
        refuse_unusable(notify, "notify")
    assert str(caught.value).startswith("notify.webhooks[0].url: is no address of a webhook")
    assert "hidden" not in str(caught.value)


def test_one_that_can_be_used(tmp_path: Path) -> None:
    there = ssl.get_default_verify_paths().openssl_cafile
    path = tmp_path / "ca.pem"
    path.write_text(Path(there).read_text(encoding="utf-8"))
    notify = asked_notify({"webhooks": [{"url": "https://hook.example.org/x", "ca_file": str(path)}]}, "notify")
    assert notify
    refuse_unusable(notify, "notify")
