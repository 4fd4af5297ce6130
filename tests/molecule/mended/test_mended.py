# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After things were changed by hand and the playbook ran again."""

from __future__ import annotations

from typing import Any


def test_the_run_repaired_what_was_changed_and_nothing_else(runs: list[dict[str, Any]]) -> None:
    assert runs[-2]["playbook"] == "tamper.yml"
    mended = runs[-1]
    assert mended["playbook"] == "site.yml"
    details = {item for _host, _task, items in mended["changed"] for item in items}
    subjects = {item.rpartition(": ")[0] for item in details}
    assert subjects == {
        "/etc/librespot",
        "/etc/librespot/kitchen.env",
        "/etc/systemd/system/librespot-kitchen.service",
        "service librespot-kitchen.service",
        "service librespot-bath.service",
        "table inet librespot",
    }
