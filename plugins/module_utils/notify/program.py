# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells by mail and webhooks what happens on this host. Its arguments are units that have failed."""

from __future__ import annotations

import os
import sys

from .notifier import run


def main() -> int:
    """Run it as a service of systemd, which gives it its configuration and its secrets as credentials."""
    return run(sys.argv[1:], os.environ.get("CREDENTIALS_DIRECTORY", "/nonexistent"), _say)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
