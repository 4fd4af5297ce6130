# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CFG-04 and CFG-05: who can read the configuration and the secrets."""

from __future__ import annotations

import contextlib
import grp
import json
from collections.abc import Iterator

from ..host.proc import command_line, environment, pids
from ..host.readable import readable_by_all
from ..model.finding import Finding
from ..model.instance import Instance
from ..model.relaxations import audio_group
from ..planners.base import HOST
from ..render.unit import credentials_path, settings_path
from .context import Context, each, finding, guarded

_NOBODY = 65534
_SHORTEST = 8
_PLACES = ("/etc", "/opt/librespot", "/run", "/tmp", "/var/lib/librespot", "/var/log", "/var/tmp")
_NEW_LOGIN = "take the login back at the account's page and make a new one, since it may have been read"
_FORBIDDEN = ("LIBRESPOT_ACCESS_TOKEN", "LIBRESPOT_PASSWORD", "LIBRESPOT_USERNAME")


def look(context: Context) -> Iterator[Finding]:
    """Yield CFG-05 of each instance, and CFG-04 as attempts to read."""
    if context.spec.present:
        yield from guarded("CFG-05", "processes", HOST, lambda: _processes(context))
        yield from guarded("CFG-05", "files", HOST, lambda: _files(context))
    if context.live:
        yield from each(context, "CFG-04", "read attempt", _read_attempt)
        if context.spec.present:
            yield from guarded("CFG-05", "journal", HOST, lambda: _journal(context))


def _secrets(context: Context) -> list[str]:
    """Return the strings that may stand nowhere: the parts of every stored login that are long enough to search for."""
    found: set[str] = set()
    for item in context.spec.present:
        entry = context.host.files.read(credentials_path(item.name))
        texts = [context.spec.credentials.get(item.name, ""), entry.content.decode("utf-8", "replace") if entry else ""]
        for text in filter(None, texts):
            with contextlib.suppress(ValueError, TypeError):
                # The user's name is no secret, and may be that of a user of this host.
                values = [str(value) for key, value in dict(json.loads(text)).items() if key != "username"]
                found.update(value for value in values if len(value) >= _SHORTEST)
            found.add(text.strip())
    return sorted(found)


def _processes(context: Context) -> Iterator[Finding]:
    secrets, wrong = _secrets(context), []
    for pid in pids():
        words = " ".join(command_line(pid))
        variables = environment(pid)
        if any(secret in words for secret in secrets):
            wrong.append(f"a secret stands on the command line of process {pid}")
        if any(secret in value for secret in secrets for value in variables.values()):
            wrong.append(f"a secret stands in the environment of process {pid}")
        wrong += [f"{name} is set in process {pid}" for name in _FORBIDDEN if name in variables]
    yield finding(
        "CFG-05",
        "processes",
        HOST,
        not wrong,
        "no secret on a command line or in an environment",
        "; ".join(wrong) or "none found",
        "/proc/*/cmdline and environ",
    )


def _files(context: Context) -> Iterator[Finding]:
    secrets = [secret.encode() for secret in _secrets(context)]
    found = (path for path, content in readable_by_all(_PLACES) if any(secret in content for secret in secrets))
    copies = sorted(found)
    yield finding(
        "CFG-05",
        "files",
        HOST,
        not copies,
        "no secret in a file that everyone can read",
        f"a secret stands in {', '.join(copies)}" if copies else "none found",
        f"readable files below {', '.join(_PLACES)}",
        remedy=f"Remove the file; {_NEW_LOGIN}",
    )


def _journal(context: Context) -> Iterator[Finding]:
    secrets = _secrets(context)
    said = context.host.commands.run(["journalctl", "--output", "cat", "--no-pager", "--quiet"], timeout=120)
    right = not any(secret in said.stdout for secret in secrets)
    yield finding(
        "CFG-05",
        "journal",
        HOST,
        right,
        "no secret in the journal",
        "none found" if right else "a stored login stands in the journal",
        f"journalctl, searched for {len(secrets)} secrets",
        remedy=f"journalctl --rotate --vacuum-time 1s; {_NEW_LOGIN}",
    )


def _read_attempt(context: Context, instance: Instance) -> Iterator[Finding]:
    """Try to read the instance's files as a user with no rights, and as the instance's own."""
    paths = [settings_path(instance.name)] + ([credentials_path(instance.name)] if instance.credentials else [])
    account = context.host.accounts.find(instance.user)
    users = [(_NOBODY, _NOBODY)]
    if account is not None:
        groups = [account.group, *(["audio"] if audio_group(instance.relaxations) else [])]
        users += [(account.uid, grp.getgrnam(name).gr_gid) for name in groups]
    opened = [
        f"{path} by user {user} of group {group}"
        for path in paths
        for user, group in users
        if context.host.commands.run(["cat", path], ok=(), user=user, group=group).returncode == 0
    ]
    yield finding(
        "CFG-04",
        "read attempt",
        instance.name,
        not opened,
        "refused to everyone but root",
        f"could be read: {', '.join(opened)}" if opened else "refused",
        f"cat {' '.join(paths)} as {', '.join(f'{user}:{group}' for user, group in users)}",
    )
