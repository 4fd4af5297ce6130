# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user may write under options, and what becomes of it."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.option import FLAG
from ansible_collections.hardened.librespot.plugins.module_utils.model.options import normalise
from ansible_collections.hardened.librespot.plugins.module_utils.model.options_table import OPTIONS, exists

PATH = "librespot_instances[0].options"
FEATURES = ("alsa-backend", "with-libmdns", "passthrough-decoder", "rustls-tls-webpki-roots")


def take(options: Any, version: str = "0.8.0", relaxations: tuple[str, ...] = (), features: Any = None) -> Any:
    return normalise(options, version, PATH, relaxations, features)


def refused(options: Any, **more: Any) -> SpecificationError:
    with pytest.raises(SpecificationError) as caught:
        take(options, **more)
    assert caught.value.path.startswith(PATH)
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize(
    ("name", "given_value", "taken"),
    [
        ("bitrate", 320, "320"),
        ("bitrate", "96", "96"),
        ("format", "s24_3", "S24_3"),
        ("dither", "None", "none"),
        ("device-type", "AVR", "avr"),
        ("autoplay", True, "on"),
        ("autoplay", False, "off"),
        ("autoplay", "off", "off"),
        ("initial-volume", 0, "0"),
        ("initial_volume", "100", "100"),
        ("initial-volume", "007", "7"),
        ("volume-range", 60, "60"),
        ("volume-range", 0.00001, "0.00001"),
        ("normalisation-threshold", "-2.50", "-2.50"),
        ("normalisation-pregain", "+3", "3"),
        ("cache-size-limit", 1000000, "1000000"),
        ("cache-size-limit", "1.5Gi", "1.5Gi"),
        ("proxy", "http://[fd00::1]:3128", "http://[fd00::1]:3128"),
        ("name", 2024, "2024"),
        ("name", "👨‍👩‍👧 {{ x }} $HOME %n `id` \\ \"'", "👨‍👩‍👧 {{ x }} $HOME %n `id` \\ \"'"),
        ("name", "  ", "  "),
        ("local-file-dir", ["/srv/a b", "/srv/c"], ("/srv/a b", "/srv/c")),
        ("quiet", True, True),
        ("quiet", "yes", True),
    ],
)
def test_values_arrive_as_the_program_takes_them(name: str, given_value: Any, taken: Any) -> None:
    assert take({name: given_value}) == {name.replace("_", "-"): taken}


def test_a_flag_that_is_off_is_left_out_since_its_presence_would_turn_it_on() -> None:
    assert take({"quiet": False, "group": "no"}) == {}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("bitrate", 100, "100 is not one of the choices. Choose one of: 96, 160, 320"),
        ("bitrate", True, "True is not one of the choices"),
        ("bitrate", None, "None is not one of the choices"),
        ("bitrate", 320.0, "320.0 is not one of the choices"),
        ("bitrate", " 320", "is not one of the choices"),
        ("quiet", "1", "is neither true nor false"),
        ("initial-volume", 101, "101 is out of range. Write a whole number from 0 to 100"),
        ("initial-volume", "5.0", "is not a whole number"),
        ("initial-volume", "٣", "is not a whole number"),
        ("initial-volume", "+5", "is not a whole number"),
        ("initial-volume", True, "is not a whole number"),
        ("initial-volume", "9" * 65536, "is not a whole number"),
        ("volume-steps", 0, "is out of range"),
        ("volume-range", "nan", "is not a plain number"),
        ("volume-range", float("inf"), "is not a plain number"),
        ("volume-range", "1e1", "is not a plain number"),
        ("volume-range", 100.5, "is out of range"),
        ("normalisation-threshold", 1, "is out of range. Write a number from -10 to 0"),
        ("cache-size-limit", "0.0G", "is not a size"),
        ("cache-size-limit", "1Y", "is not a size"),
        ("cache-size-limit", "", "is not a size"),
        ("ap-port", 0, "is out of range"),
        ("name", "", "is empty"),
        ("name", ["x"], "is not text"),
        ("name", True, "is not text"),
        ("name", "é" * 32, "is 64 bytes long in UTF-8. Write at most 63 bytes"),
        ("name", "a\nb", "has the control character U+000A"),
        ("name", "a\x00b", "has the control character U+0000"),
        ("name", "a\x9bb", "has the control character U+009B"),
        ("name", "a\u2028b", "has the control character U+2028"),
        ("name", "a\u202eb", "has the direction mark U+202E"),
        ("name", "a\ud800b", "has the lone surrogate U+D800"),
        ("name", "a\ufffeb", "has the noncharacter U+FFFE"),
        ("alsa-mixer-control", "x" * 65536, "is 65536 bytes long"),
        ("local-file-dir", "/srv", "is not a list"),
        ("local-file-dir", ["srv"], "is not an absolute path"),
        ("local-file-dir", ["/srv/../etc"], "is not an absolute path"),
    ],
)
def test_values_that_the_program_would_end_at_are_refused_with_path_value_and_remedy(
    name: str, value: Any, said: str
) -> None:
    error = refused({name: value})
    assert said in str(error)
    assert error.path.startswith(f"{PATH}.{name}")
    assert str(error).isascii() or "…" in str(error)
    assert len(str(error)) < 800


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("bitrat", "Write bitrate"),
        ("LIBRESPOT_NAME", "Write name"),
        ("initial_volum", "Write initial-volume"),
        ("B", "Write backend"),
        ("xyzzy", "Write the long name of an option"),
        (7, "Write the long name of an option"),
    ],
)
def test_an_unknown_name_gets_the_closest_and_its_value_is_not_shown(key: Any, meant: str) -> None:
    error = refused({key: "maybe-a-secret"})
    assert "is no option of librespot" in str(error)
    assert meant in error.remedy
    assert "maybe-a-secret" not in str(error)


def test_the_same_option_in_two_spellings_is_refused() -> None:
    assert "'initial_volume'" in str(refused({"initial_volume": 5, "initial-volume": 6}))


def test_options_that_are_no_mapping_are_refused() -> None:
    assert "is not a mapping" in str(refused(["bitrate"]))


@pytest.mark.parametrize(
    ("name", "value", "version", "said"),
    [
        ("volume-steps", 64, "0.6.0", "needs librespot 0.7.0"),
        ("local-file-dir", ["/srv"], "0.7.1", "needs librespot 0.8.0"),
        ("mixer-name", "PCM", "0.8.0", "was removed in librespot 0.4.0. Write alsa-mixer-control"),
        ("device-type", "homething", "0.7.1", "is gone since librespot 0.7.0"),
    ],
)
def test_options_of_another_version_are_refused_with_that_version(
    name: str, value: Any, version: str, said: str
) -> None:
    assert said in str(refused({name: value}, version=version))


def test_a_choice_is_there_in_the_versions_that_have_it() -> None:
    assert take({"device-type": "homething"}, version="0.6.0") == {"device-type": "homething"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("zeroconf-port", "is set from librespot_instances[0].port"),
        ("zeroconf-interface", "is set from librespot_instances[0].bind"),
        ("disable-discovery", "is set from librespot_instances[0].bind.discovery"),
        ("cache", "Write cache-size-limit"),
        ("system-cache", "librespot_credentials"),
        ("tmp", "limits"),
        ("disable-credential-cache", "librespot_credentials"),
        ("username", "librespot_credentials (Vault)"),
        ("password", "librespot_credentials (Vault)"),
        ("access-token", "librespot_credentials (Vault)"),
        ("enable-oauth", "librespot_credentials (Vault)"),
        ("oauth-port", "librespot_credentials (Vault)"),
        ("version", "librespot_version"),
        ("help", "print something and end"),
        ("onevent", "librespot_instances[0].relaxations"),
        ("emit-sink-events", "librespot_instances[0].relaxations"),
    ],
)
def test_what_is_not_for_options_names_the_right_place(name: str, said: str) -> None:
    assert said in str(refused({name: "x"}))


@pytest.mark.parametrize("name", ["username", "password", "access-token", "proxy"])
@pytest.mark.parametrize("value", ["http://me:hunter2@proxy:3128", "http://me:hunter2@[proxy", "hunter2", "hunter2\n"])
def test_secrets_are_not_repeated(name: str, value: str) -> None:
    assert "hunter2" not in str(refused({name: value}))


@pytest.mark.parametrize(
    "url", ["proxy:3128", "http://proxy", "socks5://proxy:1080", "http://proxy:0", "http://proxy:99999", "http://:80"]
)
def test_a_proxy_is_an_address_with_a_port(url: str) -> None:
    assert "is not the address of a proxy" in str(refused({"proxy": url}))


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.floats() | st.text(), max_size=3))
def test_whatever_is_written_is_either_taken_or_refused_with_a_path(options: dict[str, Any]) -> None:
    path = PATH
    try:
        take(options)
    except SpecificationError as error:
        path = error.path
    assert path.startswith(PATH)


@given(
    st.sampled_from([option for option in OPTIONS if exists(option, "0.8.0")]),
    st.none() | st.booleans() | st.integers(-10, 70000) | st.floats() | st.text() | st.text(string.printable),
)
def test_what_is_taken_is_taken_again_unchanged(option: Any, value: Any) -> None:
    try:
        taken = take({option.name: value}, relaxations=("hooks",))
    except SpecificationError:
        return
    assert take(taken, relaxations=("hooks",)) == taken
    for text in taken.values():
        assert text is True if option.kind == FLAG else isinstance(text, (str, tuple)) and text
