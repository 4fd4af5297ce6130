# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What names an artifact, and what its lists look like."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.artifact import (
    BINARY,
    FILES,
    MANIFEST,
    decode_checksums,
    digests,
    encode_checksums,
    encode_manifest,
    glibc_key,
    identifier,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.build_options import BUILD_OPTIONS
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.recipes import (
    crate_source,
    package_source,
    recipe,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.releases import known_release

KEY = "-----BEGIN PGP PUBLIC KEY BLOCK-----"


def params(**given: Any) -> dict[str, Any]:
    defaults = {name: option.get("default") for name, option in BUILD_OPTIONS.items()}
    return {**defaults, "version": "0.8.0", "architecture": "x86_64", **given}


class TestIdentifier:
    def test_it_reads_as_what_it_is_for(self) -> None:
        assert recipe(params()).identifier.startswith("0.8.0-x86_64-glibc2.36-")

    def test_it_is_always_the_same(self) -> None:
        assert recipe(params()).identifier == recipe(params()).identifier
        assert identifier(recipe(params()).identifier, "id")

    def test_the_order_of_features_does_not_matter(self) -> None:
        features = ["with-libmdns", "rustls-tls-webpki-roots"]
        assert recipe(params(features=features)) == recipe(params(features=features[::-1]))

    def test_the_default_features_are_one_choice_among_others(self) -> None:
        release = known_release("0.8.0")
        assert release is not None
        assert recipe(params(features=list(release.default_features))) == recipe(params())

    @pytest.mark.parametrize(
        "changed",
        [
            {"version": "0.7.1"},
            {"architecture": "aarch64"},
            {"baseline": "glibc2.41"},
            {"features": ["rustls-tls-native-roots", "with-libmdns"]},
            {"source_date_epoch": 0},
            {"method": "artifact", "url": "/x", "sha256": "0" * 64},
            {"method": "package", "url": "/x", "sha256": "0" * 64},
        ],
    )
    def test_every_input_counts(self, changed: dict[str, Any]) -> None:
        assert recipe(params(**changed)).identifier != recipe(params()).identifier

    def test_where_it_is_built_does_not_count(self) -> None:
        assert recipe(params(work_dir="/elsewhere", timeout=1)) == recipe(params())

    @given(st.text())
    def test_what_is_taken_for_one_is_a_plain_name(self, text: str) -> None:
        try:
            name = identifier(text, "id")
        except SpecificationError:
            return
        assert "/" not in name
        assert not name.startswith(".")


class TestCrate:
    @pytest.mark.parametrize(
        ("wrong", "path"),
        [
            ({"version": "0.8"}, "version"),
            ({"version": "1.0.0"}, "version"),
            ({"architecture": "x86/64"}, "architecture"),
            ({"baseline": "musl"}, "baseline"),
            ({"features": ["rustls-tls-webpki-roots", "with-libmdms"]}, r"features\[1\]"),
            ({"features": ["with-libmdns"]}, "features"),
            ({"features": ["native-tls", "rustls-tls-webpki-roots"]}, "features"),
            ({"crate_sha256": "abc"}, "crate_sha256"),
            ({"crate_sha256": "0" * 64}, "crate_sha256"),
            ({"source_date_epoch": -1}, "source_date_epoch"),
            ({"source_date_epoch": 10**23}, "source_date_epoch"),
        ],
    )
    def test_an_error_names_the_option(self, wrong: dict[str, Any], path: str) -> None:
        with pytest.raises(SpecificationError, match=f"^{path}: "):
            recipe(params(**wrong))

    def test_an_unknown_version_takes_the_users_digest(self) -> None:
        source = crate_source(params(version="1.0.0", crate_sha256="A" * 64))
        assert source.crate.sha256 == "a" * 64

    def test_the_oldest_known_release_has_no_choice_of_tls(self) -> None:
        assert crate_source(params(version="0.6.0")).features == ("alsa-backend", "with-libmdns")


class TestArtifact:
    @pytest.mark.parametrize("given", [{"url": "/x"}, {"sha256": "0" * 64}, {"url": "/x", "sha256": "0"}])
    def test_address_and_digest_are_mandatory(self, given: dict[str, str]) -> None:
        with pytest.raises(SpecificationError, match=r"^(url|sha256): "):
            recipe(params(method="artifact", **given))


class TestPackage:
    def test_an_address_needs_a_digest(self) -> None:
        with pytest.raises(SpecificationError, match=r"^sha256: "):
            package_source(params(url="https://example.org/x.deb"))

    @pytest.mark.parametrize("missing", ["key", "suite", "package_version"])
    def test_a_repository_needs_a_key_and_a_pinned_version(self, missing: str) -> None:
        given = {"repository": "https://example.org", "suite": "s", "package_version": "1", "key": KEY, missing: ""}
        with pytest.raises(SpecificationError, match=f"^{missing}: "):
            package_source(params(**given))

    def test_not_both_and_not_neither(self) -> None:
        for both in ({}, {"url": "x", "repository": "y"}):
            with pytest.raises(SpecificationError, match=r"^url: "):
                package_source(params(**both))

    @pytest.mark.parametrize("suite", ["../x", "a b", "a\nb", "/x"])
    def test_a_suite_is_a_plain_name(self, suite: str) -> None:
        given = {"repository": "https://example.org", "package_version": "1", "key": KEY}
        with pytest.raises(SpecificationError, match=r"^suite: "):
            package_source(params(suite=suite, **given))

    def test_the_key_counts(self) -> None:
        given = {"method": "package", "repository": "https://example.org", "suite": "s", "package_version": "1"}
        assert recipe(params(key="a", **given)).identifier != recipe(params(key="b", **given)).identifier


class TestLists:
    def test_checksums_are_read_back(self) -> None:
        found = digests({BINARY: b"program", MANIFEST: b"{}"})
        assert decode_checksums(encode_checksums(found)) == found

    @given(st.binary())
    def test_anything_can_stand_in_a_damaged_list(self, content: bytes) -> None:
        assert set(decode_checksums(content)) <= set(FILES)

    def test_a_manifest_is_always_the_same_bytes(self) -> None:
        assert encode_manifest({"b": 1, "a": [2]}) == encode_manifest({"a": [2], "b": 1})

    def test_versions_of_glibc_compare_as_numbers(self) -> None:
        assert glibc_key("glibc2.9") < glibc_key("2.36")
