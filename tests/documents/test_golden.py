"""Every example of the documents, field for field, in both directions: as it is written and as it is read.

What a side writes has the document's fields, values and order; what the other side reads of the document's own
bytes is what it says. Fields with odd forms have tables of their own.
"""

import pytest

from client_under_test.sportsbook.operator_api import OperatorFailed, Token
from tests.documents.golden import product_widget, sportsbook, vouchers
from tests.documents.golden.example import Example, in_order

EXAMPLES = (*sportsbook.EXAMPLES, *vouchers.EXAMPLES, *product_widget.EXAMPLES)
SIDES = ("simulator", "CLIENT")


def ways(table: str) -> list[object]:
    return [
        pytest.param(example, side, id=f"{example.name}, {side}")
        for example in EXAMPLES
        for side in SIDES
        if side in getattr(example, table)
    ]


@pytest.mark.parametrize(("example", "side"), ways("written"))
def test_what_is_written_has_the_fields_of_the_example_in_their_order(example: Example, side: str) -> None:
    assert in_order(example.written[side]()) == in_order(example.body)


@pytest.mark.parametrize(("example", "side"), ways("read"))
def test_what_is_read_of_the_example_is_what_it_says(example: Example, side: str) -> None:
    read, expected = example.read[side]
    assert read(example.body) == expected


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.name)
def test_every_example_is_written_and_read(example: Example) -> None:
    assert example.written
    assert example.read


@pytest.mark.parametrize("examples", [sportsbook.EXAMPLES, vouchers.EXAMPLES, product_widget.EXAMPLES])
def test_both_sides_speak_every_document(examples: tuple[Example, ...]) -> None:
    assert {side for example in examples for side in (*example.written, *example.read)} == set(SIDES)


# -- fields with odd forms


@pytest.mark.parametrize(
    ("expires_in", "stale"), [(3600, 3570.0), ("3600", 3570.0), (3600.0, 3570.0), (10, 9.0)]
)
def test_expires_in_is_an_integer_and_a_quoted_one_is_read_too(expires_in: object, stale: float) -> None:
    api = sportsbook.Asking(token="<CLIENT_TOKEN>", expires_in=expires_in)
    assert api.auth() == Token("<CLIENT_TOKEN>", stale)


@pytest.mark.parametrize("expires_in", [True, None, "<TOKEN_EXPIRATION>", []])
def test_an_expires_in_that_is_no_number_gives_no_token(expires_in: object) -> None:
    with pytest.raises(OperatorFailed):
        sportsbook.Asking(token="<CLIENT_TOKEN>", expires_in=expires_in).auth()
