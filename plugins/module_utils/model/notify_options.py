# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a host tells by itself what happens on it, and the options of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from .alert import SEVERITIES, WARNING
from .breach_news import Policy
from .errors import SpecificationError, missing
from .notice_options import NOTICE_OPTIONS
from .reading import absolute_path, integer, mapping, sequence

NOTIFY_OPTIONS: dict[str, dict[str, Any]] = {
    **{name: NOTICE_OPTIONS[name] for name in ("mail", "webhooks", "timeout", "retries")},
    "severity": {"type": "str", "choices": list(SEVERITIES), "default": WARNING},
    "pause": {"type": "int", "default": 60},
    "remind_after": {"type": "int", "default": 1},
}
"""Those of the check, whose files are of the host here; *pause* is in minutes, *remind_after* in days."""

_MAIL_FILES = ("password_file", "ca_file")
_WEBHOOK_FILES = ("url_file", "secret_file", "headers_file", "ca_file")
_HOMES = ("/home/", "/root/", "/run/user/")
SECRET_FILES = ("password_file", "url_file", "secret_file", "headers_file")


@dataclass(frozen=True)
class Source:
    """A file of the host that the notifier is given: the *option* that names it, its *path*, what it is *called* there.

    One that is *secret* may be read by root alone.
    """

    option: str
    path: str
    called: str
    secret: bool


@dataclass(frozen=True)
class Notify:
    """Whom a host tells: *mail* and *webhooks* as their options, *timeout* in seconds, *retries* within one run."""

    mail: Mapping[str, Any] | None
    webhooks: Sequence[Mapping[str, Any]]
    policy: Policy
    timeout: int
    retries: int

    def sources(self) -> Iterator[Source]:
        """Yield the files that it is given, each under a name of its own."""
        if self.mail:
            yield from _sources(self.mail, _MAIL_FILES, "mail.", "mail-")
        for number, webhook in enumerate(self.webhooks):
            yield from _sources(webhook, _WEBHOOK_FILES, f"webhooks[{number}].", f"webhook-{number}-")

    def placed(self, directory: str) -> Notify:
        """Return it with the files as they are called in *directory*."""
        paths = {item.option: f"{directory}/{item.called}" for item in self.sources()}
        mail = None if self.mail is None else _placed(self.mail, "mail.", paths)
        webhooks = [_placed(item, f"webhooks[{number}].", paths) for number, item in enumerate(self.webhooks)]
        return Notify(mail, webhooks, self.policy, self.timeout, self.retries)

    def as_data(self) -> dict[str, Any]:
        """Return it as options."""
        return {
            "mail": self.mail,
            "webhooks": list(self.webhooks),
            "severity": self.policy.least,
            "pause": self.policy.pause_s // 60,
            "remind_after": self.policy.remind_s // 86400,
            "timeout": self.timeout,
            "retries": self.retries,
        }


def read_notify(given: Mapping[str, Any]) -> Notify:
    """Return what the options *given* say, which have their defaults. Raises `SpecificationError`.

    Who is told has to be looked at besides, see the module ``channels``.
    """
    if given["mail"] is None and not given["webhooks"]:
        raise missing(
            "mail", "Name at least one of mail and webhooks", "is missing, as are webhooks: nobody would be told"
        )
    if given["severity"] not in SEVERITIES:
        right = f"Write one of: {', '.join(SEVERITIES)}"
        raise SpecificationError("severity", given["severity"], "is no severity", right)
    policy = Policy(
        given["severity"],
        integer(given["pause"], "pause", 5, 1440, "minutes") * 60,
        integer(given["remind_after"], "remind_after", 0, 366, "days") * 86400,
    )
    timeout = integer(given["timeout"], "timeout", 1, 60, "seconds")
    notify = Notify(
        deepcopy(given["mail"]),
        deepcopy(list(given["webhooks"])),
        policy,
        timeout,
        integer(given["retries"], "retries", 0, 5),
    )
    for source in notify.sources():
        path = absolute_path(source.path, source.option)
        if f"{path}/".startswith(_HOMES):
            raise SpecificationError(
                source.option, path, "is in a home directory, which no service of ours sees", "Put it below /etc"
            )
    return notify


def asked_notify(given: Any, path: str) -> Notify | None:
    """Return what a user says at *path*, who may leave out what has a default; None when nothing is said.

    Raises `SpecificationError`, also for what Ansible looks at where it knows the options.
    """
    if not given:
        return None
    asked = _whole(mapping(given, path, tuple(NOTIFY_OPTIONS)), NOTIFY_OPTIONS)
    mail, hooks = NOTIFY_OPTIONS["mail"]["options"], NOTIFY_OPTIONS["webhooks"]["options"]
    if asked["mail"] is not None:
        asked["mail"] = _whole(mapping(asked["mail"], f"{path}.mail", tuple(mail)), mail)
    asked["webhooks"] = [
        _whole(mapping(item, f"{path}.webhooks[{number}]", tuple(hooks)), hooks)
        for number, item in enumerate(sequence(asked["webhooks"], f"{path}.webhooks"))
    ]
    try:
        return read_notify(asked)
    except SpecificationError as error:
        raise error.within(path) from None


def _whole(given: Mapping[str, Any], options: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {name: given.get(name, option.get("default")) for name, option in options.items()}


def _sources(options: Mapping[str, Any], names: Sequence[str], path: str, called: str) -> Iterator[Source]:
    for name in names:
        if options[name]:
            short = name.removesuffix("_file")
            yield Source(f"{path}{name}", options[name], f"{called}{short}", name in SECRET_FILES)


def _placed(options: Mapping[str, Any], prefix: str, paths: Mapping[str, str]) -> dict[str, Any]:
    return {name: paths.get(f"{prefix}{name}", value) for name, value in options.items()}
