"""Exact JSON is read and written as the standard library does, but for its numbers."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.values import decimal_json

CODECS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def plain(data):
    return json.loads(data, parse_float=Decimal, parse_int=Decimal, parse_constant=refused)


def refused(text):
    raise ValueError(text)


@given(values, st.sampled_from(CODECS))
def test_bytes_are_read_in_every_encoding_of_json(value, codec):
    data = json.dumps(value).encode(codec)
    assert decimal_json.loads(data) == plain(data)


@given(st.binary(max_size=12) | st.text(max_size=12))
def test_what_is_no_json_is_refused_and_nothing_else(data):
    try:
        expected = plain(data)
    except ValueError:
        with pytest.raises(ValueError):
            decimal_json.loads(data)
    else:
        assert decimal_json.loads(data) == expected


@given(values)
def test_what_is_written_is_read_again(value):
    data = decimal_json.dumps(value)
    assert json.loads(data) == value
    if "\\u" not in json.dumps(value):
        assert data == json.dumps(value, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("é", '"é"'),
        ("\ud800é", '"\\ud800\\u00e9"'),
        ({"é": Decimal("80.50")}, '{"é":80.5}'),
        ([None, True, 7, Decimal("1E+2")], "[null,true,7,100]"),
    ],
)
def test_text_is_written_raw_and_numbers_plain(value, written):
    assert decimal_json.dumps(value) == written.encode()


def test_a_float_has_no_exact_json():
    with pytest.raises(TypeError, match="float"):
        decimal_json.dumps({"amount": 0.1})


def test_numbers_stay_exact():
    assert decimal_json.loads(b"[0.10, 12]") == [Decimal("0.10"), Decimal(12)]
    assert all(isinstance(each, Decimal) for each in decimal_json.loads(b"[0.10, 12]"))
    without_bounds = (b"1e999999999", b"[0e-999999999]", b"-1e-5000", b"9" * 5_000, b"1e99999999999999999999")
    for wrong in (b"NaN", b"[Infinity]", b"[" * 100_000, *without_bounds):
        with pytest.raises(ValueError):
            decimal_json.loads(wrong)
