"""A secret is found in whatever encoding it is written down, and nowhere else."""

import base64
import html
import json
from urllib.parse import quote

import pytest

from scenarios.generated.families.secrets import telling, written

SECRET = 'a key of <mine> & "yours", 1/2+é'
WAYS = {
    "plain": SECRET,
    "in HTML": html.escape(SECRET),
    "in numbered entities": "".join(f"&#{ord(char)};" for char in SECRET),
    "in JSON": json.dumps(SECRET),
    "in JSON, escaped": json.dumps(SECRET.replace("/", "\\/")).replace("\\\\/", "\\/"),
    "in an address": quote(SECRET, safe=""),
    "as a form": quote(SECRET, safe=" ").replace(" ", "+"),
    "in hex": SECRET.encode().hex(),
    "in capital hex": SECRET.encode().hex(" ").upper(),
    "in escapes": "".join(f"\\u{ord(char):04x}" for char in SECRET),
    "backwards": SECRET[::-1],
    "in base64": base64.b64encode(SECRET.encode()).decode().rstrip("="),
    "in base64url": base64.urlsafe_b64encode(SECRET.encode()).decode(),
    "in character codes": str(list(SECRET.encode())),
    **{
        f"in the base64 of more, {places} places in": base64.b64encode(
            ("x" * places + SECRET + "more").encode()
        ).decode()
        for places in range(4)
    },
}


@pytest.mark.parametrize("text", WAYS.values(), ids=WAYS)
def test_a_secret_is_found(text):
    assert written(SECRET, f"<p>before {text} after</p>")


def test_other_texts_are_none():
    other = SECRET.replace("mine", "ours")
    for text in (other, base64.b64encode(other.encode()).decode(), other.encode().hex(), other[::-1], ""):
        assert written(SECRET, text) is None
    # A word that any page has is no proof.
    assert written("key", "the key") is None


def test_of_many_texts_those_that_tell_are_named():
    known = {"the key": SECRET, "the other": "another key of ours"}
    texts = ["nothing", *WAYS.values(), *(f"page {number}" for number in range(100)), "another key of ours"]
    reported = {(name, place) for name, place, _ in telling(known, texts)}
    assert reported == {("the key", place + 1) for place in range(len(WAYS))} | {
        ("the other", len(texts) - 1)
    }
    # What only two texts together would tell is told by none.
    assert not [*telling({"the key": "one\ntwo, a key"}, ["one", "two, a key"])]
    assert not [*telling(known, [])]
