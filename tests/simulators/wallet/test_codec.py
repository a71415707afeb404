"""Encodings and signatures that dialects share, against other implementations of them."""

import json
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.values.secret import same
from simulators.wallet import codec, signers
from simulators.wallet.codec import Style

TEXTS = st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=8), min_size=1)
STYLES = st.builds(Style, order=st.just(("b", "a")), spaces=st.booleans(), escape=st.booleans())


@given(TEXTS, STYLES)
def test_a_form_says_what_it_was_given(fields, style):
    read = parse_qs(codec.form(fields, style).decode(), keep_blank_values=True)
    assert read == {name: [text] for name, text in fields.items()}


@given(TEXTS, STYLES)
def test_json_says_what_it_was_given(fields, style):
    body = codec.json_object({name: json.dumps(text) for name, text in fields.items()}, style)
    assert json.loads(body) == fields


def test_a_style_orders_drops_and_puts_in():
    style = Style(order=("c", "b"), raw={"b": "2", "x": "y"}, drop=frozenset({"a"}))
    assert codec.form({"a": "1", "b": "1", "c": "3"}, style) == b"c=3&b=2&x=y"


def test_escapes_are_written_where_they_could_be_left_out():
    assert codec.form({"a": "é b"}, Style(escape=True)) == b"a=%C3%A9%20%62"
    assert codec.form({"a": "é b"}) == b"a=%C3%A9+b"


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_none(body):
    assert codec.object_of(body) is None


def test_known_signatures():
    # printf 'EUR1050p-1key' | md5sum
    signer = signers.Signer("md5", "values")
    assert signer.sign(signer.text(b"", {"b": "1050", "a": "EUR", "c": "p-1"}), "key") == KNOWN_MD5
    assert same("ab", "ab")
    assert not same("ab", "aé")


KNOWN_MD5 = "4f0672a7ec8cb3f62aec55c2c4791dc3"
