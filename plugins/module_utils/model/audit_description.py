# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit that runs without Ansible is asked: a file on the host, with all that its inventory says of it.

It holds no secret: of a stored login it has a digest, by which the one on the host is known to be the inventory's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from .audit_options import EXPECTATION_OPTIONS, AuditTimer, read_timer
from .errors import HostError, why
from .instance import Specification, parse_specification
from .notify_options import asked_notify

_FORMAT = 1
_SPECIFICATION = ("version", "instances", "zones", "deployment", "engine", "announce")
_ASKED = (*_SPECIFICATION, *EXPECTATION_OPTIONS)
_UNSEEN = '{"username": "", "auth_type": 0, "auth_data": "bm9uZQ=="}'
"""A login of the right form, for as long as only the form is looked at."""


@dataclass(frozen=True)
class Description:
    """What is looked at (*asked*, by the names of the options of the module ``audit``), and when (*timer*).

    *logins* has the SHA-256 digest of each stored login, by the name of its instance.
    """

    asked: Mapping[str, Any]
    logins: Mapping[str, str]
    timer: AuditTimer

    def specification(self, login: Callable[[str], bytes]) -> Specification:
        """Return the specification; *login* returns what the host has as the login of an instance.

        What is not what the digest is of is wanted to be something else. Raises `SpecificationError`.
        """
        asked = self.asked
        forms = dict.fromkeys(self.logins, _UNSEEN)
        spec = parse_specification(asked["version"], asked["instances"], forms, asked["zones"], asked["deployment"])
        return replace(spec, credentials={name: self._login(name, login(name)) for name in self.logins})

    def _login(self, name: str, found: bytes) -> str:
        text = found.decode("utf-8", "replace")
        # Whatever is there, this is not it.
        return text if hashlib.sha256(found).hexdigest() == self.logins[name] else f"{text}\n(not this one)"


def describe(given: Mapping[str, Any], spec: Specification, timer: AuditTimer) -> Description:
    """Return the description of an audit by the options *given*, from which *spec* was read."""
    logins = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in spec.credentials.items()}
    asked = {name: given[name] for name in _ASKED}
    # However it is written: with what is left out as its default, or with nothing left out.
    notify = asked_notify(given["notify"], "notify")
    asked["notify"] = notify.as_data() if notify else None
    return Description(asked, logins, timer)


def encode(description: Description) -> str:
    """Return the text of the file; the same for what is the same."""
    return json.dumps({"format": _FORMAT, **asdict(description)}, indent=1, sort_keys=True) + "\n"


def decode(text: bytes, path: str) -> Description:
    """Return what `encode` made a text of. Raises `HostError`."""
    try:
        said: dict[str, Any] = json.loads(text)
        if said.pop("format") != _FORMAT:
            raise ValueError(f"its format is not {_FORMAT}")
        asked = {name: said["asked"][name] for name in _ASKED}
        logins = {str(name): str(digest) for name, digest in dict(said["logins"]).items()}
        return Description(asked, logins, read_timer(said["timer"], "timer"))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise HostError(
            f"{path} does not say what to audit: {why(error)}", "Run hardened.librespot.site against this host"
        ) from error
