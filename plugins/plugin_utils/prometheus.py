# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a Prometheus for what it has recorded, by its HTTP API, and takes no answer that is not whole."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from ..module_utils.model.errors import HostError, SpecificationError, UnreachableError, shown
from ..module_utils.model.reading import path_of
from .fetching import Client, refuse_address, without_query

Samples = list[tuple[float, float]]
"""Moments in seconds since 1970, and values."""

_LARGEST = 64 * 1024 * 1024
MOST_SAMPLES = 11000
"""Prometheus gives no more of a series at once."""
_FILES = ("ca_file", "client_cert", "client_key")


class Prometheus:
    """The one that a user has *given*, at the options below *path*; *opener* is Ansible's ``open_url``."""

    def __init__(self, given: Mapping[str, Any], path: str, opener: Callable[..., Any]) -> None:
        self._url = str(given["url"]).rstrip("/")
        refuse_address(self._url, f"{path}.url")
        if "?" in self._url or "#" in self._url:
            raise SpecificationError(f"{path}.url", without_query(self._url), "has a query", "Write it without ? and #")
        token = str(given.get("token") or "")
        if token and not self._url.startswith("https://"):
            raise SpecificationError(
                f"{path}.token", None, "would be sent to where anyone can read it", "Write https://", secret=True
            )
        if not token.isprintable() or not token.isascii():
            raise SpecificationError(f"{path}.token", None, "is no token", "Write its text alone", secret=True)
        for name in _FILES:
            if given.get(name):
                path_of(given[name], f"{path}.{name}")
        self.where = without_query(self._url)
        self._client = Client(self._opening(given, token, opener), given["timeout"])

    def _opening(self, given: Mapping[str, Any], token: str, opener: Callable[..., Any]) -> Callable[..., Any]:
        place = urlsplit(self._url).netloc
        kept = {
            "ca_path": given.get("ca_file") or None,
            "client_cert": given.get("client_cert") or None,
            "client_key": given.get("client_key") or None,
        }

        def opened(url: str, headers: Mapping[str, str], **options: Any) -> Any:
            # A token is for nobody else, nor is a certificate.
            if urlsplit(url).netloc != place:
                raise HostError(
                    f"{without_query(self._url)} leads to another host", "Write that address, if it is right"
                )
            login = {"Authorization": f"Bearer {token}"} if token else {}
            return opener(url, headers={**headers, **login}, **kept, **options)

        return opened

    def series(self, query: str, begin: float, end: float, step: int) -> Samples:
        """Return what *query* gives from *begin* to *end* (seconds since 1970), each *step* seconds; empty for nothing.

        What is not a number is left out, as Prometheus has it where nothing is to be computed. Raises `HostError` for
        an answer that is not one, that says itself that it is not whole, or that has several series.
        """
        asked = urlencode({"query": query, "start": f"{begin:.3f}", "end": f"{end:.3f}", "step": step})
        found = self._asked(f"query_range?{asked}", "matrix", query)
        if not found:
            return []
        if len(found) > 1:
            # The names of hosts are not for guessing between.
            raise HostError(
                f"{self.where} has {len(found)} series for {query}: {_told(found)}",
                "Write labels that tell this host's from the others",
            )
        return [(moment, value) for moment, value in self._values(found[0], query) if math.isfinite(value)]

    def labels(self, query: str, moment: float) -> dict[str, str]:
        """Return the labels of the one series that *query* gives at a *moment*; empty when it gives none."""
        asked = urlencode({"query": query, "time": f"{moment:.3f}"})
        found = self._asked(f"query?{asked}", "vector", query)
        metric = found[0].get("metric") if found else None
        return {str(name): str(value) for name, value in metric.items()} if isinstance(metric, Mapping) else {}

    def _asked(self, what: str, kind: str, query: str) -> list[Mapping[str, Any]]:
        answer = self._client.get(f"{self._url}/api/v1/{what}", _LARGEST)
        if answer is None or answer.content is None:
            raise HostError(f"{self.where} has no API of Prometheus", "Write the address at which its own page is")
        try:
            said = json.loads(answer.content)
            if said["status"] != "success":
                raise HostError(f"{self.where} refuses {query}: {shown(said.get('error'))}", "Look at its log")
            if said.get("warnings"):
                raise HostError(
                    f"{self.where} does not have all of {query}: {shown(said['warnings'])}",
                    "Nothing is recommended from a part. Look at what it warns of",
                )
            data = said["data"]
            if data["resultType"] != kind or not all(isinstance(item, Mapping) for item in data["result"]):
                raise ValueError(f"it gives a {shown(data['resultType'])} in the place of a {kind}")
            return list(data["result"])
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise UnreachableError(
                f"{self.where} answers what is not Prometheus': {shown(str(error))}",
                "Look at that address in a browser",
            ) from error

    def _values(self, series: Mapping[str, Any], query: str) -> Samples:
        try:
            found = [(float(moment), float(value)) for moment, value in series["values"]]
        except (ValueError, LookupError, TypeError) as error:
            raise UnreachableError(
                f"{self.where} answers {query} with what is no series: {shown(str(error))}", "Look at its log"
            ) from error
        if any(value < 0 for _moment, value in found):
            raise UnreachableError(f"{self.where} has negative values for {query}", "Look at what feeds it")
        return found


def selector(labels: Mapping[str, str], host: str, name: str, **more: str) -> str:
    """Return the selector of the series of the instance *name* on *host*.

    Without *labels* that is known by the label ``instance``, which is the host with any port.
    """
    chosen = {f"{key}=": str(value) for key, value in labels.items()}
    if not labels:
        escaped = "".join(letter if letter.isalnum() or letter == "_" else f"\\{letter}" for letter in host)
        chosen["instance=~"] = f"{escaped}(:[0-9]+)?"
    chosen.update({"name=": name, **{f"{key}=": value for key, value in more.items()}})
    return "{" + ",".join(f"{key}{_quoted(value)}" for key, value in chosen.items()) + "}"


def _quoted(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{plain}"'


def _told(found: list[Mapping[str, Any]]) -> str:
    return ", ".join(shown(item.get("metric")) for item in found[:3])
