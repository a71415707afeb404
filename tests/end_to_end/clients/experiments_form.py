"""One short experiment for each rule of SIG and MSG; it fails where the rule is broken."""

import hashlib
import json

from simulators.operator.dialect import HASH_HEADER, SPORTSBOOK
from simulators.wallet.codec import Style
from simulators.wallet.transactions import Transaction
from tests.end_to_end.clients.asking import JSON_HEADER, ROLLBACK, TRANSACTION, Asking, Said, new_id


def refused(said: Said) -> bool:
    """Refused as the contract wants it: a JSON object with a non-null error."""
    return isinstance(said.document, dict) and said.document.get("error") is not None


def _forged(asking: Asking, path: str, body: bytes, given: str | None) -> Said:
    header = [] if given is None else [(HASH_HEADER, given)]
    return asking.send(path, body, [JSON_HEADER, *header])


def _forgeries(asking: Asking, body: bytes) -> list[str]:
    right = SPORTSBOOK.sign(body, asking.secret)
    return [
        "0" * 64,
        SPORTSBOOK.sign(body + b" ", asking.secret),
        SPORTSBOOK.sign(body, "another secret"),
        right[:8],
        right + "00",
        hashlib.sha256(body).hexdigest(),
        asking.secret,
        "",
    ]


def sig_01(asking: Asking) -> None:
    assert asking.result().ok


def sig_02(asking: Asking) -> None:
    body = SPORTSBOOK.encode(asking.message("result"))
    for given in _forgeries(asking, body):
        assert asking.moved(lambda given=given: refused(_forged(asking, TRANSACTION, body, given))) == 0, (
            given
        )
        assert refused(_forged(asking, TRANSACTION, body, given))


def sig_03(asking: Asking) -> None:
    assert refused(_forged(asking, TRANSACTION, SPORTSBOOK.encode(asking.message("result")), None))


def sig_04(asking: Asking) -> None:
    styles = (
        Style(spaces=True),
        Style(order=("amount", "user_id", "action")),
        Style(escape=True),
        Style(raw={"amount": "10.50"}),
    )
    for style in styles:
        assert asking.tell(asking.message("result", "10.5", id=f"é{new_id()}"), style).ok, style


def sig_05(asking: Asking) -> None:
    body = SPORTSBOOK.encode(asking.message("result"))
    _forged(asking, TRANSACTION, body, "0" * 64)
    assert asking.moved(lambda: asking.signed(TRANSACTION, body)) == 10


def sig_06(asking: Asking) -> None:
    said = _forged(asking, TRANSACTION, SPORTSBOOK.encode(asking.message("result")), "0" * 64)
    assert said.status == 200
    assert refused(said)


def sig_07(asking: Asking) -> None:
    body = SPORTSBOOK.encode(asking.message("result"))
    for name in ("x-security-hash", "X-SECURITY-HASH"):
        assert asking.send(
            TRANSACTION, body, [JSON_HEADER, (name, SPORTSBOOK.sign(body, asking.secret))]
        ).ok, name


def sig_08(asking: Asking) -> None:
    bet = asking.message("bet")
    asking.tell(bet)
    rollback = asking.message("rollback", of=bet.id)
    assert asking.moved(lambda: _forged(asking, ROLLBACK, SPORTSBOOK.encode(rollback), "0" * 64)) == 0
    assert refused(_forged(asking, ROLLBACK, SPORTSBOOK.encode(asking.message("rollback", of="x")), None))


def msg_01(asking: Asking) -> None:
    for said in (asking.result(), asking.bet(10**9), asking.signed(TRANSACTION, b"{")):
        assert said.status == 200


def msg_02(asking: Asking) -> None:
    for said in (asking.result(), asking.bet(10**9), asking.signed(TRANSACTION, b"{")):
        assert isinstance(said.document, dict)
        assert said.content_type.startswith("application/json")


def msg_03(asking: Asking) -> None:
    for said in (asking.result(), asking.bet(), asking.rollback(new_id())):
        assert said.document["error"] is None
        assert isinstance(said.client_id, str)
        assert said.client_id


def msg_04(asking: Asking) -> None:
    for said in (asking.bet(10**9), asking.signed(TRANSACTION, b"{")):
        assert isinstance(said.error, str)
        assert said.error


def msg_05(asking: Asking) -> None:
    bets = [asking.message("bet", 1) for _ in range(3)]
    others = [asking.message("result", 1, player=asking.other) for _ in range(3)]
    rollbacks = [asking.message("rollback", 1, of=bet.id) for bet in bets]
    ids = [asking.tell(message).client_id for message in (*bets, *others, *rollbacks)]
    assert len(set(ids)) == len(ids)


def _mangled(message: Transaction) -> list[bytes]:
    whole = SPORTSBOOK.encode(message)
    names = list(json.loads(whole))
    styles = [Style(drop=frozenset({name})) for name in names]
    styles += [Style(raw={name: text}) for name in names for text in ("null", "[]", "{}")]
    styles += [Style(raw={name: "5"}) for name in names if name != "amount"]
    return [SPORTSBOOK.encode(message, style) for style in styles] + [
        b"",
        b"hello",
        b"[1]",
        b'"x"',
        b"null",
        b"5",
        whole[:-2],
    ]


def msg_06(asking: Asking) -> None:
    for path, message in (
        (TRANSACTION, asking.message("result")),
        (ROLLBACK, asking.message("rollback", of=new_id())),
    ):
        for body in _mangled(message):
            before = asking.balance()
            assert refused(asking.signed(path, body)), body
            assert asking.balance() == before, body
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        body = SPORTSBOOK.encode(asking.message("result"))
        assert refused(asking.signed(TRANSACTION, body, content_type=kind))
    assert asking.result().ok


BAD_AMOUNTS = (
    '" 10"',
    '"abc"',
    '""',
    "NaN",
    '"NaN"',
    "Infinity",
    '"Infinity"',
    '"1,000.00"',
    "true",
    "[1]",
    "{}",
    "9" * 400,
)


def msg_07(asking: Asking) -> None:
    for action in ("bet", "result"):
        for text in (*BAD_AMOUNTS, f'"{"9" * 400}"'):
            style = Style(raw={"amount": text})
            before = asking.balance()
            assert not asking.tell(asking.message(action), style).ok, text
            assert asking.balance() == before, text


def msg_08(asking: Asking) -> None:
    bet = asking.message("bet")
    asking.tell(bet)
    rollback = asking.message("rollback", "-10", of=bet.id)
    for message in (asking.message("bet", "-10"), asking.message("result", "-10"), rollback):
        # A rollback may well return the bet's own amount; it may not take, nor pay more.
        assert asking.moved(lambda message=message: asking.tell(message)) in (
            {0, 10} if message is rollback else {0}
        )


def msg_09(asking: Asking) -> None:
    for action in ('"win"', '"BET"', '""'):
        style = Style(raw={"action": action})
        assert asking.moved(lambda style=style: asking.tell(asking.message("result"), style)) == 0, action
        assert not asking.tell(asking.message("result"), style).ok


def msg_10(asking: Asking) -> None:
    bet = asking.message("bet")
    asking.tell(bet)
    rollback = SPORTSBOOK.encode(asking.message("rollback", of=bet.id))
    assert asking.moved(lambda: asking.signed(TRANSACTION, rollback)) == 0
    assert asking.moved(lambda: asking.signed(ROLLBACK, SPORTSBOOK.encode(asking.message("bet")))) == 0
    style = Style(raw={"rollback_transaction_id": json.dumps(bet.id)})
    assert asking.moved(lambda: asking.signed(ROLLBACK, SPORTSBOOK.encode(asking.message("bet"), style))) == 0


def msg_11(asking: Asking) -> None:
    extra = Style(raw={"game": '{"id":[1,null]}', "round": "7"})
    assert asking.moved(lambda: asking.tell(asking.message("result"), extra)) == 10


def msg_12(asking: Asking) -> None:
    for text, amount in (
        ('"10.50"', "10.5"),
        ("10.50", "10.5"),
        ("1e1", "10"),
        ("1.05E+1", "10.5"),
        ('"10"', "10"),
    ):
        style = Style(raw={"amount": text})
        moved = asking.moved(
            lambda style=style, amount=amount: asking.tell(asking.message("result", amount), style)
        )
        assert str(moved) in (f"{float(amount):.2f}", "0.00"), text


HOSTILE = (
    "' OR '1'='1",
    "\0",
    '"',
    "x" * 10_240,
    "\U0001f4b0",
    "\u202e",
    "__proto__",
    "constructor",
    "'; DROP TABLE x;--",
)


def msg_13(asking: Asking) -> None:
    for text in HOSTILE:
        for message in (
            asking.message("bet", 1, id=text),
            asking.message("result", 1, player=text),
            asking.message("rollback", 1, of=text),
        ):
            before = asking.balance(asking.other)
            said = asking.tell(message)
            assert said.status, "the connection was dropped"
            assert not any(
                leak in said.text for leak in (b"sqlite", b"INSERT", b"SELECT", b"Traceback", b"    at ")
            )
            assert asking.balance(asking.other) == before
    assert asking.result().ok


def msg_14(asking: Asking) -> None:
    style = Style(raw={"padding": f'"{"x" * 1_048_576}"'})
    message = asking.message("result")
    exchange = None

    def send() -> None:
        nonlocal exchange
        exchange = asking.tell(message, style)

    moved = asking.moved(send)
    assert exchange is not None
    assert moved == (message.amount if exchange.ok else 0)
    assert asking.result().ok


def msg_15(asking: Asking) -> None:
    for method in ("GET", "PUT", "DELETE"):
        body = SPORTSBOOK.encode(asking.message("result"))
        assert asking.moved(lambda method=method, body=body: asking.signed(TRANSACTION, body, method)) == 0


FORM = {
    "SIG-01": sig_01,
    "SIG-02": sig_02,
    "SIG-03": sig_03,
    "SIG-04": sig_04,
    "SIG-05": sig_05,
    "SIG-06": sig_06,
    "SIG-07": sig_07,
    "SIG-08": sig_08,
    "MSG-01": msg_01,
    "MSG-02": msg_02,
    "MSG-03": msg_03,
    "MSG-04": msg_04,
    "MSG-05": msg_05,
    "MSG-06": msg_06,
    "MSG-07": msg_07,
    "MSG-08": msg_08,
    "MSG-09": msg_09,
    "MSG-10": msg_10,
    "MSG-11": msg_11,
    "MSG-12": msg_12,
    "MSG-13": msg_13,
    "MSG-14": msg_14,
    "MSG-15": msg_15,
}
