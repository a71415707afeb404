"""The quick way of reading a token accepts what PyJWT accepts, gives the same claims, and refuses nothing by itself."""

import hashlib
import hmac
import string
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jwt.utils import base64url_encode

from simulators.checkout import wire
from simulators.checkout.claims import verify
from simulators.values import decimal_json, jws
from tests.simulators.checkout.running import AGREEMENT, SECRET, claims, key_pair

NOW = 1_700_000_000.25
PLAIN_HEADERS = [b'{"alg":"HS256","typ":"JWT"}', b'{"typ":"JWT","alg":"HS256"}', b'{"alg":"HS256"}']
ODD_HEADERS = [
    b'{"alg": "HS256"}',
    b'{"alg":"HS256","kid":"1"}',
    b'{"alg":"HS256","kid":1}',
    b'{"alg":"HS256","b64":false,"crit":["b64"]}',
    b'{"alg":"HS256","crit":["exp"]}',
    b'{"alg":"none"}',
    b'{"alg":"RS256","typ":"JWT"}',
    b'{"alg":"HS512","typ":"JWT"}',
    b'{"typ":"JWT"}',
    b'["HS256"]',
    b"",
]
RIGHT = decimal_json.dumps(claims(NOW).fields())
PAYLOADS = [
    RIGHT,
    decimal_json.dumps(claims(NOW - 9999, currency="gbp").fields()),
    decimal_json.dumps(claims(NOW, value_after_tax=Decimal(121)).fields()),
    RIGHT.decode().encode("utf-16"),
    b"\xef\xbb\xbf" + RIGHT,
    b"{}",
    b"[1]",
    b"7",
    b'{"iat":NaN}',
    b'{"iat":1e999999999999999999999}',
    b"\xff",
    b"",
    b"[" * 5000,
]
KEYS = [SECRET, "another secret", ""]


def signed(header, payload, key, cut=None):
    """A token of any header and payload, signed under ``key``; ``cut`` changes its text before that."""
    head = f"{base64url_encode(header).decode()}.{base64url_encode(payload).decode()}"
    head = cut(head) if cut else head
    mark = hmac.new(key.encode(), head.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    return f"{head}.{base64url_encode(mark).decode()}"


@st.composite
def tokens(draw):
    """Tokens right and wrong; the wrong ones by header, payload, key, or by what happened to the text."""
    header = draw(st.sampled_from(PLAIN_HEADERS) | st.sampled_from(ODD_HEADERS))
    payload = draw(st.sampled_from(PAYLOADS) | st.binary(max_size=40))
    key = draw(st.sampled_from(KEYS))
    put = draw(st.sampled_from(["", "=", "==", ".", "+", "/", " ", "\n", "é", "\ud800", "A"]))

    def cut(text):
        at = draw(st.integers(0, len(text)))
        return text[:at] + put + text[at + draw(st.integers(0, 2)) :]

    # Damage under the signature, after it, or none.
    where = draw(st.sampled_from(["none", "under", "after"]))
    token = signed(header, payload, key, cut if where == "under" else None)
    return cut(token) if where == "after" else token


def accepted(token):
    """The claims of a token that PyJWT accepts under HS256, None for any other."""
    try:
        payload = jws.verify(token, SECRET, "HS256")
        header, fields = jws.unverified(token)
    except (jws.NoJwt, jws.BadSignature):
        return None
    assert header["alg"] == "HS256"
    assert decimal_json.loads(payload) == fields
    return fields


@given(tokens())
@example(signed(PLAIN_HEADERS[0], RIGHT, SECRET))
@example(signed(PLAIN_HEADERS[0], RIGHT, "another secret"))
@example(signed(ODD_HEADERS[0], RIGHT, SECRET))
def test_what_is_plain_is_what_pyjwt_accepts(token):
    read = jws.plainly(token, SECRET)
    if read is not None:
        assert read == accepted(token)


@given(tokens())
def test_a_verdict_does_not_depend_on_the_way(token):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jws, "plainly", lambda _token, _key: None)
        slow = verify(token, AGREEMENT, NOW)
    assert verify(token, AGREEMENT, NOW) == slow


@pytest.mark.parametrize("header", PLAIN_HEADERS)
def test_the_plainest_tokens_are_read_plainly(header):
    fields = jws.plainly(signed(header, RIGHT, SECRET), SECRET)
    assert fields == claims(NOW).fields()
    assert isinstance(fields["iat"], Decimal)


def test_what_is_signed_here_is_read_plainly():
    token = wire.mint(claims(NOW), SECRET)
    assert jws.plainly(token, SECRET) == claims(NOW).fields()
    assert jws.plainly(token, "another secret") is None
    assert jws.plainly(token, SECRET) is not None


TOKEN = signed(PLAIN_HEADERS[0], RIGHT, SECRET)
LAST = string.ascii_letters + string.digits + "-_"


@pytest.mark.parametrize("place", range(0, len(TOKEN), 7))
def test_no_changed_byte_is_read_plainly(place):
    for other in "A-b_=.+/ ":
        changed = TOKEN[:place] + other + TOKEN[place + 1 :]
        assert changed == TOKEN or jws.plainly(changed, SECRET) is None


def test_a_signature_is_written_in_one_way():
    # The last character of 32 bytes holds two bits that say nothing; PyJWT takes the one with zeros only.
    for last in LAST:
        changed = TOKEN[:-1] + last
        assert (jws.plainly(changed, SECRET) is not None) == (changed == TOKEN) == bool(accepted(changed))


def test_a_payload_is_written_in_one_way():
    header = base64url_encode(PLAIN_HEADERS[0]).decode()
    # Of "{}" the last character holds four bits that say nothing.
    assert jws.plainly(_marked(f"{header}.e30"), SECRET) == {}
    for other in ("e31", "e3", "e30=", "e3 0", "e30\n"):
        token = _marked(f"{header}.{other}")
        assert jws.plainly(token, SECRET) is None


def _marked(head):
    mark = hmac.new(SECRET.encode(), head.encode(), hashlib.sha256).digest()
    return f"{head}.{base64url_encode(mark).decode()}"


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_public_key_never_serves_as_a_secret(algorithm):
    _, public = key_pair(algorithm)
    forged = signed(PLAIN_HEADERS[0], RIGHT, public)
    # Not even asked for by mistake: as a secret the key is none.
    assert jws.plainly(forged, public) is None
    agreement = wire.Agreement(AGREEMENT.merchant_id, public, algorithm)
    assert [str(fault) for fault in verify(forged, agreement, NOW).faults] == ["header.alg: wrong_algorithm"]
