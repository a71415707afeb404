"""An experiment for each rule of BET, RES, IDM and RBK without a driver; failing where that is broken."""

from dataclasses import replace
from decimal import Decimal

from simulators.wallet.codec import Style
from simulators.wallet.transactions import Transaction
from tests.end_to_end.clients.asking import Asking, new_id


def bet_01(asking: Asking) -> None:
    for amount in ("0.01", "10", "10.5", "19.99"):
        assert asking.moved(lambda amount=amount: asking.bet(amount)) == -Decimal(amount)


def _emptied(asking: Asking) -> None:
    rest = asking.balance()
    if rest > 0:
        asking.bet(rest)


def bet_02(asking: Asking) -> None:
    _emptied(asking)
    asking.result("12.34")
    assert asking.bet("12.34").ok
    assert round(asking.balance(), 2) == 0


def bet_03(asking: Asking) -> None:
    _emptied(asking)
    asking.result("5")
    said = asking.bet("5.01")
    assert said.error == "INSUFFICIENT_FUNDS"
    assert asking.moved(lambda: asking.bet("5.01")) == 0


def bet_04(asking: Asking) -> None:
    _emptied(asking)
    asking.result("30")
    said = asking.together([asking.message("bet", "10") for _ in range(8)])
    assert sum(each.ok for each in said) == 3


def bet_05(asking: Asking) -> None:
    _emptied(asking)
    bet = asking.message("bet", "50")
    asking.tell(bet)
    asking.result("100")
    assert asking.moved(lambda: asking.tell(bet)) == 0


def bet_06(asking: Asking) -> None:
    stranger = new_id()
    assert not asking.result(player=stranger).ok
    assert not asking.bet(player=stranger).ok


def bet_07(asking: Asking) -> None:
    assert asking.moved(lambda: asking.bet(currency="USD")) == 0
    assert asking.moved(lambda: asking.result(currency="JPY")) == 0


def bet_09(asking: Asking) -> None:
    assert asking.moved(lambda: asking.bet("0")) == 0


def bet_10(asking: Asking) -> None:
    for amount, times, whole in (("0.10", 10, "1"), ("0.10", 100, "10"), ("19.99", 30, "599.7")):
        _emptied(asking)
        for _ in range(times):
            asking.result(amount)
        assert asking.bet(whole).ok, f"{times} x {amount} is not {whole}"
        assert asking.balance() == 0


def bet_11(asking: Asking) -> None:
    for amount in ("0.001", "0.005", "0.019"):
        before = asking.balance()
        if asking.result(amount).ok:
            assert abs(asking.balance() - before - Decimal(amount)) < Decimal("1e-9")
        else:
            assert asking.balance() == before


def bet_12(asking: Asking) -> None:
    before = asking.balance()
    for amount in ("1000000000000", "999999999999.99"):
        asking.result(amount)
        asking.bet(amount)
    assert asking.balance() == before


def res_01(asking: Asking) -> None:
    for amount in ("0.01", "10", "10.5", "19.99"):
        assert asking.moved(lambda amount=amount: asking.result(amount)) == Decimal(amount)


def res_02(asking: Asking) -> None:
    before = asking.balance()
    assert asking.result("0").ok
    assert asking.balance() == before


def res_03(asking: Asking) -> None:
    assert asking.moved(lambda: asking.result("3")) == 3


def res_05(asking: Asking) -> None:
    asking.bet("5")
    assert asking.moved(lambda: [asking.result("2") for _ in range(3)]) == 6


def res_06(asking: Asking) -> None:
    _emptied(asking)
    assert asking.result("1").ok
    paid = asking.message("result", "20")
    asking.tell(paid)
    asking.bet("20")
    asking.rollback(paid.id, "20")
    assert asking.balance() < 0
    assert asking.moved(lambda: asking.result("1")) == 1
    asking.result("100")


def _three(asking: Asking) -> list[Transaction]:
    bet = asking.message("bet", "5")
    rolled_back = asking.message("bet", "5")
    asking.tell(rolled_back)
    rollback = asking.message("rollback", "5", of=rolled_back.id)
    return [bet, asking.message("result", "5"), rollback]


def idm_01(asking: Asking) -> None:
    for message in _three(asking):
        first = asking.tell(message)
        before = asking.balance()
        again = asking.tell(message)
        assert again.ok
        assert again.client_id == first.client_id
        assert asking.balance() == before


def idm_02(asking: Asking) -> None:
    for message in _three(asking):
        expected = {"bet": -5, "result": 5, "rollback": 5}[message.kind]
        before = asking.balance()
        said = asking.together([message] * 8)
        assert len({each.client_id for each in said}) == 1
        assert round(asking.balance() - before, 2) == expected


def idm_04(asking: Asking) -> None:
    messages = _three(asking)
    first = [asking.tell(message) for message in messages]
    for _ in range(20):
        asking.result("1")
    before = asking.balance()
    assert [asking.tell(message).client_id for message in messages] == [said.client_id for said in first]
    assert asking.balance() == before


def idm_05(asking: Asking) -> None:
    for message in _three(asking):
        asking.tell(message)
        other = replace(message, amount=Decimal("7"))
        assert asking.moved(lambda other=other: asking.tell(other)) == 0


def idm_06(asking: Asking) -> None:
    for first, second in (
        ("bet", "result"),
        ("result", "bet"),
        ("result", "rollback"),
        ("rollback", "result"),
    ):
        bet = asking.message("bet", "5")
        asking.tell(bet)
        known = {"of": bet.id}
        same = new_id()
        asking.tell(asking.message(first, "5", id=same, **(known if first == "rollback" else {})))
        again = asking.message(second, "5", id=same, **(known if second == "rollback" else {}))
        assert asking.moved(lambda again=again: asking.tell(again)) == 0


def idm_07(asking: Asking) -> None:
    for action in ("bet", "result"):
        message = asking.message(action, "5")
        asking.tell(message)
        other = replace(message, player=asking.other)
        assert asking.moved(lambda other=other: asking.tell(other), asking.other) == 0


def idm_08(asking: Asking) -> None:
    base = new_id()
    for action in ("bet", "result"):
        stem = f"{action}-{base}-abe"
        for variant in (stem, stem.upper(), f"{stem} ", f" {stem}", f"{stem}\u0301"):
            assert asking.moved(lambda v=variant, a=action: asking.tell(asking.message(a, 1, id=v))) != 0


def idm_09(asking: Asking) -> None:
    for message in _three(asking):
        first = asking.tell(message)
        before = asking.balance()
        for style in (Style(order=("amount", "user_id")), Style(spaces=True)):
            assert asking.tell(message, style).client_id == first.client_id
        assert asking.balance() == before


def _done(asking: Asking, action: str, amount: str = "10") -> str:
    message = asking.message(action, amount)
    assert asking.tell(message).ok
    return message.id


def rbk_01(asking: Asking) -> None:
    bet = _done(asking, "bet", "7.5")
    assert asking.moved(lambda: asking.rollback(bet, "7.5")) == Decimal("7.5")


def rbk_02(asking: Asking) -> None:
    result = _done(asking, "result", "7.5")
    assert asking.moved(lambda: asking.rollback(result, "7.5")) == Decimal("-7.5")


def rbk_03(asking: Asking) -> None:
    result = _done(asking, "result", "20")
    spent = asking.balance()
    asking.bet(spent)
    assert asking.rollback(result, "20").ok
    assert round(asking.balance(), 2) == -20
    asking.result("100")


def rbk_04(asking: Asking) -> None:
    before = asking.balance()
    said = asking.rollback(new_id())
    assert said.ok
    assert said.client_id
    assert asking.balance() == before


def rbk_05(asking: Asking) -> None:
    orphan = asking.message("rollback", of=new_id())
    assert asking.tell(orphan).client_id == asking.tell(orphan).client_id


def rbk_06(asking: Asking) -> None:
    bet = asking.message("bet")
    asking.rollback(bet.id)
    assert asking.moved(lambda: asking.tell(bet)) == 0


def rbk_07(asking: Asking) -> None:
    bet = _done(asking, "bet")
    asking.rollback(bet)
    assert asking.moved(lambda: asking.rollback(bet)) == 0


def rbk_08(asking: Asking) -> None:
    bet = asking.message("bet", 10**9)
    assert not asking.tell(bet).ok
    assert asking.moved(lambda: asking.rollback(bet.id, 10**9)) == 0
    assert asking.rollback(bet.id, 10**9).ok


def rbk_09(asking: Asking) -> None:
    bet = _done(asking, "bet")
    assert asking.moved(lambda: asking.rollback(bet, "50")) <= 10


def rbk_10(asking: Asking) -> None:
    bet = _done(asking, "bet")
    others = asking.balance(asking.other)
    assert asking.moved(lambda: asking.rollback(bet, player=asking.other)) == 0
    assert asking.balance(asking.other) == others


def rbk_11(asking: Asking) -> None:
    before = asking.balance()
    bet = _done(asking, "bet")
    first = asking.message("rollback", of=bet)
    asking.tell(first)
    asking.rollback(first.id)
    assert round(asking.balance() - before, 2) <= 0


def rbk_13(asking: Asking) -> None:
    asking.rollback(_done(asking, "bet"))
    assert asking.moved(lambda: asking.result("4")) == 4


def rbk_14(asking: Asking) -> None:
    bet = _done(asking, "bet")
    rollbacks = [asking.message("rollback", of=bet) for _ in range(4)]
    assert asking.moved(lambda: asking.together([*rollbacks, *rollbacks])) == 10


def rbk_15(asking: Asking) -> None:
    bet = _done(asking, "bet")
    assert asking.moved(lambda: asking.rollback(bet, currency="USD")) == 0


MONEY = {
    "BET-01": bet_01,
    "BET-02": bet_02,
    "BET-03": bet_03,
    "BET-05": bet_05,
    "BET-06": bet_06,
    "BET-07": bet_07,
    "BET-09": bet_09,
    "BET-10": bet_10,
    "BET-11": bet_11,
    "BET-12": bet_12,
    "RES-01": res_01,
    "RES-02": res_02,
    "RES-03": res_03,
    "RES-05": res_05,
    "RES-06": res_06,
    "IDM-01": idm_01,
    "IDM-04": idm_04,
    "IDM-05": idm_05,
    "IDM-06": idm_06,
    "IDM-07": idm_07,
    "IDM-08": idm_08,
    "IDM-09": idm_09,
    "RBK-01": rbk_01,
    "RBK-02": rbk_02,
    "RBK-03": rbk_03,
    "RBK-04": rbk_04,
    "RBK-05": rbk_05,
    "RBK-06": rbk_06,
    "RBK-07": rbk_07,
    "RBK-08": rbk_08,
    "RBK-09": rbk_09,
    "RBK-10": rbk_10,
    "RBK-11": rbk_11,
    "RBK-13": rbk_13,
    "RBK-15": rbk_15,
}

# Several requests at once.
RACES = {"BET-04": bet_04, "IDM-02": idm_02, "RBK-14": rbk_14}
