# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All channels of a user's options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .channel import Channel
from .mail import mails
from .webhook import webhooks


def channels(mail: Mapping[str, Any] | None, hooks: Sequence[Mapping[str, Any]], timeout: int) -> list[Channel]:
    """Return the channels of *mail* and *hooks*; each answer may take *timeout* seconds.

    Raises `SpecificationError`, and `HostError` for the file of an address that cannot be read.
    """
    return [*mails(mail, timeout), *webhooks(hooks, timeout)]
