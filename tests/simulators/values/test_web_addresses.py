"""Addresses that a CLIENT wrote are asked where they are some, and crash nobody where they are none."""

import pytest

from simulators.values.web_addresses import resolved

BASE = "https://client.example/pay/page"


@pytest.mark.parametrize(
    ("reference", "address"),
    [
        ("/shop", "https://client.example/shop"),
        ("next", "https://client.example/pay/next"),
        ("", BASE),
        ("//cdn.example/a.js", "https://cdn.example/a.js"),
        ("http://other.example:8080/x", "http://other.example:8080/x"),
        ("http://[::1", ""),
        ("http://a.example:port/", ""),
        ("http://a.example:99999/", ""),
        ("http://a.example:0/", ""),
        ("http:///nowhere", ""),
        ("file:///etc/passwd", ""),
        ("javascript:alert(1)", ""),
        ("data:text/plain,x", ""),
    ],
)
def test_an_address_is_seen_from_where_it_stands(reference, address):
    assert resolved(BASE, reference) == address
