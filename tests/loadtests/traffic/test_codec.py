"""What load traffic writes and reads: the same bytes and the same meaning as the OPERATOR's own, and checked sizes."""

import json
import uuid
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.traffic import meaning
from loadtests.traffic.ledger import OK
from loadtests.traffic.mix import Rates
from loadtests.traffic.pen import Pen
from scenarios.problems.errors import UsageProblem
from simulators.exchanges.history import Answer
from simulators.operator.dialect import HASH_HEADER, SPORTSBOOK, Sportsbook
from simulators.values import money
from simulators.wallet.transactions import Kind, Transaction
from tests.support.sportsbook_messages import signed

SECRET = "hash-secret"


def pen(currency="EUR", amount_format="number"):
    return Pen(SECRET, currency, amount_format)


CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])


@given(
    st.text(max_size=20),
    CURRENCIES,
    st.integers(0, 10**15),
    st.sampled_from(["number", "string"]),
    st.text(max_size=5),
)
def test_the_pen_writes_what_wire_writes(player, currency, minor, amount_format, salt):
    writer = pen(currency, amount_format)
    amount = money.from_minor(minor, currency)
    first, second = writer.new_id(), writer.new_id()
    named = writer.of(player + salt)
    for action in ("bet", "result"):
        message = Transaction(Kind(action), first, player + salt, currency, amount)
        assert writer.transaction(first, action, named, minor) == Sportsbook(amount_format).encode(message)
    undo = Transaction(Kind.ROLLBACK, second, player + salt, currency, amount, of=first)
    body = writer.rollback(second, first, named, minor)
    assert body == Sportsbook(amount_format).encode(undo)
    assert writer.sign(body) == {
        "Content-Type": "application/json",
        HASH_HEADER: SPORTSBOOK.sign(body, SECRET),
    }
    assert not signed(body, writer.forge(body)[HASH_HEADER], SECRET)


def test_provider_ids_are_uuids_that_never_repeat():
    makers = [pen().new_id for _ in range(3)]
    ids = [make() for make in makers for _ in range(5000)]
    assert len(set(ids)) == len(ids)
    assert all(str(uuid.UUID(each)) == each and uuid.UUID(each).version == 4 for each in ids)


BODIES = st.one_of(
    st.binary(max_size=20),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=2),
    ).map(lambda value: json.dumps(value).encode()),
    st.dictionaries(
        st.sampled_from(["error", "transaction_id", "more"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just({}),
    ).map(lambda value: json.dumps(value).encode()),
)


@given(st.sampled_from([200, 201, 302, 400, 401, 403, 404, 500, 503]), BODIES)
def test_an_answer_means_what_it_means_to_wire(status, body):
    expected = SPORTSBOOK.read(Answer(status, (), body))
    said = meaning.read(status, body)
    assert said.outcome is expected.outcome
    if said.outcome is OK:
        assert said.client_id == ("" if expected.client_id is None else str(expected.client_id))


SPACES = st.text("  \t\r\n\v\u00a0", max_size=2)
IDS = st.text(st.characters(max_codepoint=0x2FF) | st.sampled_from('"\\\x00\x7f'), max_size=6)


@given(st.lists(SPACES, min_size=9, max_size=9), IDS, st.booleans(), st.sampled_from([200, 201, 500]))
def test_the_plainest_success_means_what_its_json_means(spaces, client_id, escaped, status):
    text = json.dumps(client_id) if escaped else f'"{client_id}"'
    parts = ["", "{", '"error"', ":", "null", ",", '"transaction_id"', ":", f"{text}}}"]
    body = "".join(part + space for part, space in zip(parts, spaces, strict=True)).encode()
    assert meaning.read(status, body) == meaning.by_json(status, body)


@pytest.mark.parametrize(
    ("status", "body", "rule"),
    [
        (200, b'{"error":null,"transaction_id":"1"}', None),
        (200, b'{"error":null,"transaction_id":1}', None),
        (200, b'{"error":"NO"}', None),
        (0, b"", None),
        (201, b'{"error":null,"transaction_id":"1"}', "MSG-01"),
        (500, b'{"error":"NO"}', "MSG-01"),
        (200, b"OK", "MSG-02"),
        (200, b'["error"]', "MSG-02"),
        (200, b'{"transaction_id":"1"}', "MSG-03"),
        (200, b'{"error":null,"transaction_id":""}', "MSG-03"),
        (200, b'{"error":null,"transaction_id":true}', "MSG-03"),
        (200, b'{"error":""}', "MSG-04"),
        (200, b'{"error":7}', "MSG-04"),
    ],
)
def test_what_breaks_the_contract_is_named(status, body, rule):
    told = meaning.read(status, body).problem
    assert (told is None) if rule is None else rule in told


@pytest.mark.parametrize(
    "wrong",
    [
        {"copies": 1.5},
        {"cuts": -0.1},
        {"races": float("nan")},
        {"wins": 0.9, "voids": 0.2},
        {"race_width": 1},
        {"pause": -1.0},
        {"pause": float("inf")},
        {"least_stake": 0},
        {"least_stake": 200, "most_stake": 100},
    ],
)
def test_sizes_that_cannot_be_are_refused_in_three_beats(wrong):
    with pytest.raises(UsageProblem) as refused:
        Rates(**wrong)
    assert refused.value.came.startswith("--")
    assert refused.value.expected
    assert refused.value.next_step


def test_amounts_are_exact_and_short():
    writer = pen()
    assert [writer.amount(each) for each in (0, 1, 10, 100, 1050, 10**14 + 1)] == [
        "0",
        "0.01",
        "0.1",
        "1",
        "10.5",
        "1000000000000.01",
    ]
    assert Decimal(writer.amount(1999)) == Decimal("19.99")
