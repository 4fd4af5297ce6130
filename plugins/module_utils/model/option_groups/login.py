# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of logging in. None can be set: each would put a secret where others can read it."""

from __future__ import annotations

from ..option import FLAG, INTEGER, TEXT, Option

_STORED = "Log in once with any application, and give the content of credentials.json in librespot_credentials (Vault)"
_LISTENS = "waits for someone with a browser on the host and holds discovery back meanwhile"

LOGIN: tuple[Option, ...] = (
    Option(
        "username",
        TEXT,
        "Account whose stored credentials are used",
        security="An account's name in the environment is readable by the service and everything that it starts",
        short="u",
        refused="only chooses among stored credentials, which name their account themselves",
        instead=_STORED,
        secret=True,
    ),
    Option(
        "password",
        TEXT,
        "Password of the account; the program refuses it together with a username",
        security="A password in the environment is readable in /proc and useless besides",
        short="p",
        refused="is no way to log in any more: the program ends when it gets one with a username",
        instead=_STORED,
        secret=True,
    ),
    Option(
        "access-token",
        TEXT,
        "Token of an account",
        security="It can only be given on the command line or in the environment, and is a login for whoever reads it",
        short="k",
        since="0.5.0",
        refused="can only be handed over where other programs can read it",
        instead=_STORED,
        secret=True,
    ),
    Option(
        "enable-oauth",
        FLAG,
        "Log in by a browser",
        security="Opens a port on loopback and accepts the first login that arrives there",
        short="j",
        since="0.5.0",
        refused=_LISTENS,
        instead=_STORED,
    ),
    Option(
        "oauth-port",
        INTEGER,
        "Loopback port of the browser's answer",
        security="A port that is open while a login runs",
        short="K",
        since="0.5.0",
        minimum=1,
        maximum=65535,
        refused=_LISTENS,
        instead=_STORED,
    ),
)
