# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check asks real hosts what they run, and scans the program that they have."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.supply.conftest import TODAY
from tests.supply.databases import EXCERPT
from tests.support.hosts import CHECKOUT, Host


def test_what_a_host_has_is_scanned_and_one_that_is_gone_is_told(container: str, tmp_path: Path) -> None:
    gone = {"ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_connection": "ssh"}
    group = {"hosts": {container: Host(container).connection, "cellar": gone}}
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"children": {"librespot": group}}}), encoding="utf-8")
    variables = {
        "librespot_check_engines": [{"name": "cargo-audit", "database": str(EXCERPT)}],
        "librespot_check_today": TODAY,
        # Without the artifact: a controller that only checks has built nothing.
        "librespot_check_cache_dir": str(tmp_path / "cache"),
        "librespot_check_releases": False,
        "librespot_check_webhooks": [{"url": "http://127.0.0.1:1/"}],
    }
    directory = tmp_path / "check"
    argv = [str(CHECKOUT / "examples/check"), str(directory), "-v", "-i", str(inventory), "-e", json.dumps(variables)]
    done = subprocess.run(argv, env={**os.environ, "ANSIBLE_NOCOLOR": "1"}, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    record = json.loads((directory / "record.json").read_text(encoding="utf-8"))
    active = Path(Host(container).out("readlink", "-f", "/opt/librespot/current").strip()).name
    looked = record["looked_at"]
    assert set(looked) == {"the check itself", f"host {container}", "host cellar", f"release {active} of {container}"}
    assert [name for name, error in looked.items() if error] == ["host cellar"]
    assert record["open"]["high"] > 0
    program = directory / "programs" / container / f"opt/librespot/releases/{active}/bin/librespot"
    assert program.read_bytes()[:4] == b"\x7fELF"
    assert f'"hosts": ["{container}"]' in done.stdout
