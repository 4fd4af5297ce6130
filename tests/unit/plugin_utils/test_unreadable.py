# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cannot be read, as deep as it may be nested, is an error that names it and says why in words."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.workplace import Workplace
from ansible_collections.hardened.librespot.plugins.module_utils.model import check_record, told
from ansible_collections.hardened.librespot.plugins.module_utils.model.artifact import digests, encode_checksums
from ansible_collections.hardened.librespot.plugins.module_utils.model.attesting import scan_statements
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import (
    HostError,
    SpecificationError,
    why,
)
from ansible_collections.hardened.librespot.plugins.plugin_utils import filed
from ansible_collections.hardened.librespot.plugins.plugin_utils.bill import read_bill
from ansible_collections.hardened.librespot.plugins.plugin_utils.cache import PROGRAM, read_artifact
from ansible_collections.hardened.librespot.plugins.plugin_utils.compiled import completed
from ansible_collections.hardened.librespot.plugins.plugin_utils.fetching import Answer, Client
from ansible_collections.hardened.librespot.plugins.plugin_utils.image_sbom import image_sbom
from ansible_collections.hardened.librespot.plugins.plugin_utils.lock_pins import LockPins
from ansible_collections.hardened.librespot.plugins.plugin_utils.memory import Memory
from ansible_collections.hardened.librespot.plugins.plugin_utils.registry import UrlRegistry
from ansible_collections.hardened.librespot.plugins.plugin_utils.rollout_store import Store
from ansible_collections.hardened.librespot.plugins.plugin_utils.saved_image import read_image
from ansible_collections.hardened.librespot.plugins.plugin_utils.vex import read_vex

DEEP = "[" * 100000


def image(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    return content.getvalue()


def _pins(path: Path) -> object:
    pins = LockPins(str(path))
    Path(pins._pin("0.8.0")).parent.mkdir(exist_ok=True)
    Path(pins._pin("0.8.0")).write_text(DEEP, encoding="ascii")
    return pins.get("0.8.0")


def _filed(path: Path) -> object:
    (path / "filed.json").write_text(DEEP, encoding="ascii")
    return filed._read(Workplace(Files(), str(path)))


def _memory(path: Path, text: str = DEEP) -> object:
    (path / "seen.json").write_text(text, encoding="ascii")
    return Memory(Workplace(Files(), str(path)))


def _vex(path: Path) -> object:
    (path / "vex.json").write_text(DEEP, encoding="ascii")
    return read_vex(str(path / "vex.json"), "vex[0]")


def _rollout(path: Path) -> object:
    (path / "librespot.json").write_text(DEEP, encoding="ascii")
    return Store(str(path), "librespot", {}).open()


def _config(_path: Path) -> object:
    client = Client(lambda *_given, **_more: None, 5)
    client.get = lambda *_given: Answer(DEEP.encode(), "")  # type: ignore[method-assign]
    return UrlRegistry("https://example.org/index/", client)._config()


@pytest.mark.parametrize(
    ("read", "named"),
    [
        (_vex, "vex[0]: {path}/vex.json"),
        (_memory, "{path}/seen.json"),
        (_rollout, "{path}/librespot.json"),
        (_filed, "{path}/filed.json"),
        (_config, "https://example.org/index/config.json"),
        (lambda _path: read_bill(f'{{"bomFormat": {DEEP}'.encode(), "librespot.cdx.json"), "librespot.cdx.json"),
        (lambda _path: read_image(image({"manifest.json": DEEP.encode()}), "librespot.tar"), "librespot.tar"),
        (lambda _path: check_record.decode(DEEP.encode(), "/record"), "/record"),
        (lambda _path: image_sbom({"id": "x", "version": "0.8.0"}, DEEP.encode(), {}, b""), "The SBOM of x"),
        (lambda _path: completed([], [], DEEP.encode()), "What the build host says"),
    ],
)
def test_what_is_nested_too_deep_is_named(tmp_path: Path, read: Callable[[Path], object], named: str) -> None:
    with pytest.raises(HostError, match="it is nested too deep") as caught:
        read(tmp_path)
    assert caught.value.message.startswith(named.format(path=tmp_path))
    assert caught.value.remedy


def test_a_pin_that_is_nested_too_deep_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(HostError, match=r"is damaged or was changed\. Remove /"):
        _pins(tmp_path)


def test_what_was_told_is_told_again() -> None:
    with pytest.raises(told.DamagedError, match="it is damaged: it is nested too deep"):
        told.decode(DEEP)


@pytest.mark.parametrize("manifest", [DEEP, "no JSON", "[]"])
def test_an_artifact_whose_manifest_cannot_be_read_is_not_whole(tmp_path: Path, manifest: str) -> None:
    contents = {name: manifest.encode() for name in PROGRAM.files if name != "SHA256SUMS"}
    contents["SHA256SUMS"] = encode_checksums(digests(contents))
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    assert read_artifact(str(tmp_path), Files()) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "seen.json, what was seen so far, cannot be read: it has no 'form'. Restore"),
        ("[]", "cannot be read: a part of it is of another kind than it shall be"),
        ('{"form": 2, "checksums": {}, "looks": {}, "feeds": {}}', "cannot be read: its form is 2"),
    ],
)
def test_what_was_seen_says_what_it_lacks(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(HostError, match=said):
        _memory(tmp_path, text)


def test_an_image_says_what_it_lacks() -> None:
    with pytest.raises(HostError, match=r"librespot\.tar is no image that can be read: it has no 'manifest\.json'"):
        read_image(image({"x": b""}), "librespot.tar")


def test_a_scan_says_what_it_lacks_and_not_its_type() -> None:
    sha256 = hashlib.sha256(b"").hexdigest()
    with pytest.raises(SpecificationError, match=r"^scan: \{'red': 0\} is not .* returns: it has no 'subject'"):
        scan_statements("0.8.0", sha256, {"red": 0}, "scan")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileNotFoundError(2, "No such file or directory", "x"), "No such file or directory"),
        (URLError(ConnectionRefusedError(111, "Connection refused")), "Connection refused"),
        (URLError("unknown url type"), "unknown url type"),
        (TimeoutError("timed out"), "timed out"),
        (KeyError("form"), "it has no 'form'"),
        (TypeError("'NoneType' object is not subscriptable"), "a part of it is of another kind than it shall be"),
        (ValueError("it is no object"), "it is no object"),
    ],
)
def test_errors_are_said_in_words(error: Exception, said: str) -> None:
    assert why(error) == said


def test_a_vex_document_that_is_not_there_is_named_once() -> None:
    with pytest.raises(HostError) as caught:
        read_vex("/nowhere/vex.json", "vex[0]")
    said = "vex[0]: /nowhere/vex.json is no VEX document that can be read: No such file or directory"
    assert caught.value.message == said


def test_an_action_says_once_what_went_wrong() -> None:
    """Ansible adds what an error was caused by, and its cause, to what it says."""
    actions: Any = sorted(Path(filed.__file__).parents[1].glob("action/*.py"))
    assert actions
    for path in actions:
        text = path.read_text(encoding="utf-8")
        assert text.count("raise AnsibleActionFail(str(error))") == text.count(
            "raise AnsibleActionFail(str(error)) from None"
        ), path.name
