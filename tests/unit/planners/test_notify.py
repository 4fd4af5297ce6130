# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom a host cannot tell is refused before anything is changed."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
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
        refuse_unusable(notify)
    assert "webhooks[0].ca_file" in caught.value.message


def test_one_that_can_be_used(tmp_path: Path) -> None:
    there = ssl.get_default_verify_paths().openssl_cafile
    path = tmp_path / "ca.pem"
    path.write_text(Path(there).read_text(encoding="utf-8"))
    notify = asked_notify({"webhooks": [{"url": "https://hook.example.org/x", "ca_file": str(path)}]}, "notify")
    assert notify
    refuse_unusable(notify)
