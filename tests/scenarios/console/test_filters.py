"""The language of filters: each word, what it finds, and what cannot be read."""

from decimal import Decimal

import pytest

from scenarios.console.control.filters import SEARCHED_BODY, WORDS, Filter
from scenarios.problems.errors import UsageProblem
from simulators.exchanges.history import Answer, Direction, Exchange, History, Purpose, Request, Status
from simulators.exchanges.redaction import Redactor
from simulators.wallet.transactions import Kind, Transaction

REDACTOR = Redactor({"SECURITY_HASH": "a-secret-of-the-tests"})


def found(text: str, history: History) -> list[int]:
    wanted = Filter.read(text)
    return [each.number for each in history if wanted.fits(each, REDACTOR)]


def sent(
    history: History,
    *,
    player: str = "p-1",
    status: int | None = 200,
    body: bytes = b"{}",
    provider: str = "operator",
    way: Direction = Direction.TO_CLIENT,
    race: int | None = None,
) -> Exchange:
    """One exchange, over unless it has no ``status``."""
    message = Transaction(Kind.BET, "t-1", player, "EUR", Decimal("1.50"))
    request = Request("POST", "http://127.0.0.1:9/operator/transaction", (), body)
    one = history.invoke(
        request,
        provider=provider,
        label="bet",
        purpose=Purpose.SCENARIO,
        message=message,
        direction=way,
        race=race,
    )
    if status is None:
        return one
    how = Status.OK if status < 500 else Status.UNCLEAR
    return history.complete(one.number, answer=Answer(status, (), b'{"said": "Not Now"}'), status=how)


@pytest.fixture(scope="module")
def history() -> History:
    made = History()
    sent(made)
    sent(made, player="p-2", status=500, body=b'{"user_id": "p-12"}')
    sent(made, provider="jackpot", way=Direction.FROM_CLIENT, body=b'{"key": "a-secret-of-the-tests"}')
    sent(made, race=3)
    sent(made, race=3, player="p-2")
    sent(made, status=None)
    return made


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", [0, 1, 2, 3, 4, 5]),
        ("  ", [0, 1, 2, 3, 4, 5]),
        ("status:500", [1]),
        ("status:404", []),
        ("player:p-2", [1, 4]),
        ("player:p-12", [1]),  # named in the body
        ("player:p", []),  # all of an id
        ("provider:jackpot", [2]),
        ("client:from", [2]),
        ("client:to player:p-2", [1, 4]),
        ("outcome:ok", [0, 2, 3, 4]),
        ("outcome:unknown", [1]),
        ("outcome:waiting", [5]),
        ("race:3", [3, 4]),
        ("#1", [1]),
        ("from:4", [4, 5]),
        (">60000ms", []),
        ("NOT now", [0, 1, 2, 3, 4]),  # in either case, each word for itself
        ("jackpot", [2]),
        ("1.50", [0, 1, 2, 3, 4, 5]),
        ("->", []),  # a sign without a number is a text
        ("#", [0, 1, 2, 3, 4, 5]),
        ("of-the-tests", []),  # no part of a secret is found
        ("<security_hash>", [2]),
    ],
)
def test_a_filter_finds_what_all_its_words_fit(history: History, text: str, numbers: list[int]) -> None:
    assert found(text, history) == numbers


def test_how_long_an_answer_took_is_compared_exactly() -> None:
    history = History()
    one = sent(history)
    assert one.seconds is not None
    slow = one.__class__(
        **{name: getattr(one, name) for name in one.__slots__} | {"answered": one.invoked + 0.5}
    )
    for text, fits in ((">499ms", True), (">500ms", False), (">499", True)):
        assert Filter.read(text).fits(slow, REDACTOR) is fits


def test_a_long_body_is_not_looked_into() -> None:
    history = History()
    sent(history, body=b"needle" + b"x" * (SEARCHED_BODY - 6))
    sent(history, body=b"needle" + b"x" * SEARCHED_BODY)
    assert found("needle", history) == [0]


@pytest.mark.parametrize(
    "text",
    [
        "status:none",
        "status:",
        "provider:other",
        "client:both",
        "outcome:good",
        "player:",
        "race:x",
        "from:-1",
        ">500s",
        "#1x",
        "status:1234567890",
        "status:２００",
    ],
)
def test_what_cannot_be_read_is_told(text: str) -> None:
    with pytest.raises(UsageProblem) as wrong:
        Filter.read(f"voided {text}")
    assert text in wrong.value.came
    assert wrong.value.expected == WORDS
