# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SBOMs that are filed under the name of an artifact, which a host only claims to have.

What the controller has made itself decides. Of anything else all hosts have to say the same.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..module_utils.host.files import Files
from ..module_utils.host.workplace import Workplace
from ..module_utils.model.errors import HostError, why
from .bills import Bill

_PLACE = "sboms-filed"
_FILE = "filed.json"
_PATIENCE_S = 300
_LOOK = "Look at both hosts: one of them has an SBOM that is not its artifact's"


@dataclass(frozen=True)
class Entry:
    """What a *host* gave for one file, by its SHA-256.

    In the run that is going on, *fresh* says whether it made the file, and *against* which host gave another one.
    """

    host: str
    sha256: str
    fresh: bool = False
    against: str = ""


class Filing:
    """Files what the hosts of one run give, of which *own* is a directory that ends with it. One host at a time.

    Who gave what is remembered in *cache*; in a *check* run it is not, and nothing is filed.
    """

    def __init__(self, own: str, cache: str, check: bool) -> None:
        self._files = Files()
        self._own = Workplace(self._files, f"{own}/{_PLACE}")
        self._kept = Workplace(self._files, f"{cache}/{_PLACE}")
        self._check = check

    @contextlib.contextmanager
    def filed(self, host: str, bills: Mapping[str, Bill], texts: Mapping[str, str]) -> Iterator[list[str]]:
        """Give those paths of *bills* that *host* may write *texts* to, while no other host files anything.

        Raises `HostError` for an SBOM that is another than what another host gave.
        Then nothing is written, and a file that this run has made is gone again.
        """
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._own.occupied("another host", _PATIENCE_S))
            if not self._check:
                stack.enter_context(self._kept.occupied("another run", _PATIENCE_S))
            own, kept = _read(self._own), _read(self._kept)
            new = {path: self._judged(host, path, bill, texts[path], own, kept) for path, bill in bills.items()}
            # Another host of the run may have written it, or in check mode would have.
            yield [path for path in bills if not (self._check and path in own)]
            self._write(self._own, {**own, **new})
            if not self._check:
                self._write(self._kept, {**kept, **{path: Entry(item.host, item.sha256) for path, item in new.items()}})

    def _judged(
        self, host: str, path: str, bill: Bill, text: str, own: Mapping[str, Entry], kept: Mapping[str, Entry]
    ) -> Entry:
        """Return what is to be remembered of *bill*, which may be filed."""
        there = self._files.read(path)
        given = Entry(host, bill.digest, there is None)
        now = own.get(path)
        before = now or (kept.get(path) if there is not None else None)
        if bill.made:
            return now if now is not None and now.sha256 == bill.digest else given
        if now is not None and now.against:
            raise _contradiction(bill.artifact, f"{now.host} and {now.against}", host)
        if before is not None:
            if before.sha256 != bill.digest:
                self._withdraw(path, host, before, own, kept)
                said = (
                    "" if before.fresh else f". What {before.host} gave is at {path}: remove it if it is the wrong one"
                )
                raise _contradiction(bill.artifact, before.host, host, said)
            return now or given
        if there is not None and there.content != text.encode():
            raise HostError(
                f"{host} gives another SBOM for {bill.artifact} than is at {path}, and nobody knows which host gave "
                "that one",
                "Nothing was written. Compare them, and look at that host; if its own is right, remove the file",
            )
        return given

    def _withdraw(
        self, path: str, host: str, before: Entry, own: Mapping[str, Entry], kept: Mapping[str, Entry]
    ) -> None:
        """Take back what this run has filed at *path*: nobody knows whether it is the right one."""
        if not before.fresh:
            return
        self._write(self._own, {**own, path: replace(before, against=host)})
        if not self._check:
            self._files.remove(path)
            self._write(self._kept, {name: item for name, item in kept.items() if name != path})

    @staticmethod
    def _write(place: Workplace, entries: Mapping[str, Entry]) -> None:
        data = {path: asdict(item) for path, item in entries.items()}
        place.write(f"{place.path}/{_FILE}", (json.dumps(data, sort_keys=True, indent=1) + "\n").encode())


def _read(place: Workplace) -> dict[str, Entry]:
    path = f"{place.path}/{_FILE}"
    found = Files().read(path)
    if found is None:
        return {}
    try:
        data: Mapping[str, Any] = json.loads(found.content)
        return {name: Entry(**item) for name, item in data.items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise HostError(
            f"{path}, which host gave which SBOM, cannot be read: {why(error)}",
            "Remove it; what is filed already is compared all the same",
        ) from error


def _contradiction(artifact: str, others: str, host: str, said: str = "") -> HostError:
    return HostError(f"{others} and {host} give different SBOMs for {artifact}", f"Nothing was written. {_LOOK}{said}")
