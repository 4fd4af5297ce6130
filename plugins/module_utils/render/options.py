# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that an instance starts with: the user's, and those that follow from the rest of the specification."""

from __future__ import annotations

from ..model.instance import Instance, Values
from ..model.sandbox import SCRATCH


def credentials_directory(instance: Instance) -> str:
    """Return where systemd puts what ``LoadCredential=`` loads (systemd.exec(5))."""
    return f"/run/credentials/{instance.unit}"


def effective_options(instance: Instance) -> Values:
    """Return all options of *instance*, as the process shall find them in its environment."""
    values = dict(instance.options)
    values["tmp"] = SCRATCH
    if instance.discovery:
        values["zeroconf-port"] = str(instance.port)
    else:
        values["disable-discovery"] = True
    if instance.credentials:
        # One option names the place of the login and of the volume; this one is read-only, so neither is written.
        values["system-cache"] = credentials_directory(instance)
    else:
        values["disable-credential-cache"] = True
        if instance.relaxed("disk"):
            values["system-cache"] = f"/var/lib/librespot/{instance.name}"
    if "cache-size-limit" in values:
        values["cache"] = f"/var/cache/librespot/{instance.name}"
    else:
        values["disable-audio-cache"] = True
    return values
