# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A configuration of Alertmanager, as the data that its file is."""

from __future__ import annotations

from typing import Any

from ..model.alert import CRITICAL, INFO, WARNING
from ..model.alert_route import Mail, Route
from .alert_rules import SERVICE

_OURS = f'service="{SERVICE}"'
_URGENCY = {CRITICAL: ("0s", "1m", "1h"), WARNING: ("30s", "5m", "12h"), INFO: ("1m", "15m", "96h")}
"""By severity: how long more of the same is waited for, how often a change is told, and how often the same again.

The last is below the five days for which Alertmanager remembers what it told.
"""


def route(chosen: Route) -> dict[str, Any]:
    """Return the whole configuration: alerts of one instance on one host are one message; the cause hides the rest."""
    return {
        **({"global": _mail_server(chosen.mail)} if chosen.mail else {}),
        "route": {
            "receiver": "others",
            "group_by": ["instance", "name"],
            "routes": [
                {
                    "matchers": [_OURS, f'severity="{severity}"'],
                    "receiver": f"{SERVICE}-{severity}",
                    "group_wait": wait,
                    "group_interval": interval,
                    "repeat_interval": repeat,
                }
                for severity, (wait, interval, repeat) in _URGENCY.items()
            ],
        },
        "inhibit_rules": _inhibitions(),
        "receivers": [{"name": "others"}, *(_receiver(chosen, severity) for severity in _URGENCY)],
    }


def _mail_server(mail: Mail) -> dict[str, Any]:
    login = {"smtp_auth_username": mail.username, "smtp_auth_password_file": mail.password_file}
    return {
        "smtp_smarthost": mail.server,
        "smtp_from": mail.sender,
        "smtp_require_tls": mail.tls,
        **(login if mail.username else {}),
    }


def _inhibitions() -> list[dict[str, Any]]:
    one = ["instance", "name"]
    return [
        # What does not run cannot be near a limit. Why it does not is critical, and is told beside it.
        {
            "source_matchers": [_OURS, 'alertname="LibrespotInstanceDown"'],
            "target_matchers": [_OURS, f'severity=~"{WARNING}|{INFO}"'],
            "equal": one,
        },
        {
            "source_matchers": [_OURS, 'alertname="LibrespotCrashLoop"'],
            "target_matchers": [_OURS, 'alertname=~"LibrespotInstanceFailed|LibrespotAnswersRarely"'],
            "equal": one,
        },
        {
            "source_matchers": [_OURS, 'alertname="LibrespotOutOfMemory"'],
            "target_matchers": [_OURS, 'alertname=~"LibrespotInstanceFailed|LibrespotMemory.+"'],
            "equal": one,
        },
        # Old figures say nothing of an instance.
        {
            "source_matchers": [_OURS, 'alertname=~"LibrespotMonitorStale|LibrespotHostSilent"'],
            "target_matchers": [_OURS, 'name!=""'],
            "equal": ["instance"],
        },
    ]


def _receiver(chosen: Route, severity: str) -> dict[str, Any]:
    resolved = {"send_resolved": severity != INFO}
    receiver: dict[str, Any] = {"name": f"{SERVICE}-{severity}"}
    if chosen.mail:
        receiver["email_configs"] = [{"to": ", ".join(chosen.mail.to), **resolved}]
    # Whoever has both is not called for what can wait.
    if (chosen.url or chosen.url_file) and (severity == CRITICAL or not chosen.mail):
        address = {"url": chosen.url} if chosen.url else {"url_file": chosen.url_file}
        receiver["webhook_configs"] = [{**address, **resolved}]
    return receiver
