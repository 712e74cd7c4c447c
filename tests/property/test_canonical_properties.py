"""Our canonical bytes are those of an independent implementation of RFC 8785."""

import json
from typing import Any

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from attest import canonical

keys = st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_canonical_bytes_agree_with_the_rfc8785_package(document: Any) -> None:
    assert canonical.canonical_bytes(document) == rfc8785.dumps(document)


@given(values)
def test_canonical_bytes_are_a_fixed_point_of_reading_them(document: Any) -> None:
    data = canonical.canonical_bytes(document)
    assert canonical.canonical_bytes(canonical.parse_json(data)) == data


@given(st.dictionaries(keys, values, max_size=5))
def test_the_order_of_fields_and_white_space_do_not_matter(document: dict[str, Any]) -> None:
    other = json.dumps(dict(reversed(document.items())), indent=3).encode()
    assert canonical.canonical_bytes(canonical.parse_json(other)) == canonical.canonical_bytes(document)
