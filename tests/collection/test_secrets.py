# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The address of a webhook, as of a chat, is in nothing that Ansible prints, however much it shall tell."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

HOOK = {"url": "https://chat.example.org/hidden"}


@pytest.mark.parametrize(
    ("module", "asked"),
    [
        ("audit", {"notify": {"webhooks": [HOOK]}}),
        ("monitoring", {"notify": {"webhooks": [HOOK]}}),
        ("monitoring", {"notify": {"webhooks": [{"url": "ftp://chat.example.org/hidden"}]}}),
        ("alerts", {"alertmanager": "alertmanager.yml", "webhook": HOOK}),
    ],
)
def test_an_address_is_shown_nowhere(module: str, asked: dict[str, Any], tmp_path: Path) -> None:
    if "alertmanager" in asked:
        asked = {**asked, "alertmanager": str(tmp_path / asked["alertmanager"])}
    argv = ["ansible", "localhost", "--check", "--diff", "-vvv", "--module-name", f"hardened.librespot.{module}"]
    done = subprocess.run(
        [*argv, "--args", json.dumps(asked)],
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in said
    assert "hidden" not in said
