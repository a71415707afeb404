"""The rows of message diagrams, from tiny histories; and that what is drawn is drawn as such."""

from decimal import Decimal

import pytest

from scenarios.report.drawing.diagram import diagram
from scenarios.report.drawing.diagram_rows import Arrow, Race, Reading, Silence, rows
from scenarios.report.drawing.plot import balance_plot
from scenarios.report.schema.report import BalanceCurve, Exchange, Finding
from tests.scenarios.report.made_up_reports import RACE, exchange, finding, lost, raced, refused


def reported(*exchanges):
    """The rows of ``exchanges``, each in a few words."""
    return [said(row) for row in rows([Exchange.model_validate(one) for one in exchanges])]


def said(row):
    match row:
        case Arrow():
            mark = "x" if row.broken else ">"
            return f"{'-' if row.to_client else '='}{mark} {row.look}: {row.label}"
        case Race():
            return f"race: {len(row.lanes)} lanes"
        case Reading():
            return f"probe: {row.title}"
        case Silence():
            return f"silence: {row.text}"
    raise AssertionError(row)


def from_client(number, label="auth", **more):
    return exchange(number, label, direction="from CLIENT", **more)


@pytest.mark.parametrize(
    ("exchanges", "expected"),
    [
        # The amount stands as it was written; the answer under it.
        ([exchange(1, amount="10.50")], ["-> request: bet 10.50 EUR", "=> ok: ok, id c-1"]),
        ([exchange(1, amount='"10"')], ["-> request: bet 10 EUR", "=> ok: ok, id c-1"]),
        ([refused(1)], ["-> request: bet 10.50 EUR", "=> refused: INSUFFICIENT_FUNDS"]),
        # A cut: the answer does not arrive; a reset: the request does not.
        ([lost(1)], ["-> request: bet 10.50 EUR", "=x unknown: the answer is lost"]),
        (
            [lost(1, "no answer within 5 s", "timeout")],
            ["-> request: bet 10.50 EUR", "=x unknown: no answer within 5 s"],
        ),
        (
            [lost(1, "reset after 20 of 90 bytes of the body, as planned", "planned reset")],
            ["-x request: bet 10.50 EUR"],
        ),
        # A copy says of what.
        (
            [exchange(1), exchange(2, kind="copy of bet", copy_of=1)],
            [
                "-> request: bet 10.50 EUR",
                "=> ok: ok, id c-1",
                "-> copy: bet 10.50 EUR, copy of #1",
                "=> ok: ok, id c-2",
            ],
        ),
        (
            [exchange(1, "forged bet", purpose="forgery")],
            ["-> forged: forged bet 10.50 EUR", "=> ok: ok, id c-1"],
        ),
        # Time that passes, and exchanges that are left out.
        (
            [exchange(1, at=0.0), exchange(2, at=2.0)],
            [
                "-> request: bet 10.50 EUR",
                "=> ok: ok, id c-1",
                "silence: 2.0 s pass",
                "-> request: bet 10.50 EUR",
                "=> ok: ok, id c-2",
            ],
        ),
        (
            [exchange(1), refused(9)],
            [
                "-> request: bet 10.50 EUR",
                "=> ok: ok, id c-1",
                "silence: 7 other exchanges",
                "-> request: bet 10.50 EUR",
                "=> refused: INSUFFICIENT_FUNDS",
            ],
        ),
        # What was sent at once, by the history's word or by the clock.
        (raced(1, 2, 3), ["race: 3 lanes"]),
        ([exchange(n, at=1 + n / 10_000) for n in (1, 2, 3)], ["race: 3 lanes"]),
        (
            [exchange(n, at=1 + n / 10_000) for n in (1, 2)],
            [
                "-> request: bet 10.50 EUR",
                "-> request: bet 10.50 EUR",
                "=> ok: #1 ok, id c-1",
                "=> ok: #2 ok, id c-2",
            ],
        ),
        # A call made while a webhook waits stands inside of it.
        (
            [exchange(1, "coupon/ready", at=1.0, seconds=0.1), from_client(2, "voucher", at=1.02)],
            [
                "-> request: coupon/ready 10.50 EUR",
                "=> request: voucher 10.50 EUR",
                "-> ok: #2 ok, id c-2",
                "=> ok: #1 ok, id c-1",
            ],
        ),
        # Runs of the probe, and of equal requests, take one row.
        ([exchange(n, purpose="probe") for n in (1, 2, 3)], ["probe: the probe reads the balance: #1 to #3"]),
        (
            [exchange(n) for n in range(1, 7)],
            ["-> request: bet 10.50 EUR  × 6", "=> ok: ok, id c-1"],
        ),
    ],
)
def test_rows(exchanges, expected):
    assert reported(*exchanges) == expected


def test_a_run_ends_where_anything_differs():
    assert len(reported(*[exchange(n) for n in range(1, 6)], refused(6))) == 4
    assert len(reported(*[exchange(n, amount=n) for n in range(1, 6)])) == 10


def test_without_the_history_s_clock_the_wall_clock_serves():
    old = [{key: value for key, value in exchange(n, at=n * 2.0).items() if key != "invoked"} for n in (1, 2)]
    assert reported(*old)[2] == "silence: 2.0 s pass"


def test_a_race_is_drawn_to_time():
    race = [exchange(n, at=1 + n / 1000, seconds=n / 1000, race=1) for n in (1, 2, 3)]
    race.append(lost(4, "no answer within 5 s", "timeout", at=1.004, race=1))
    (row,) = rows([Exchange.model_validate(one) for one in race])
    assert [lane.begin for lane in row.lanes] == pytest.approx([0, 0.001, 0.002, 0.003])
    assert [lane.end for lane in row.lanes[:3]] == pytest.approx([0.001, 0.003, 0.005])
    assert row.lanes[3].end is None
    assert row.seconds == pytest.approx(0.005)


def test_two_races_are_two():
    first, second = raced(1, 2, 3), raced(4, 5, 6, race=2, at=2.0)
    assert reported(*first, *second) == ["race: 3 lanes", "silence: 998 ms pass", "race: 3 lanes"]


def test_a_drawing_shows_cuts_copies_races_and_what_was_seen():
    made = [
        lost(1, faults=["answer lost: the connection is reset 1 ms after the last byte"]),
        exchange(2, kind="copy of bet", copy_of=1),
        *raced(3, 4, 5),
    ]
    svg = str(
        diagram([Exchange.model_validate(one) for one in made], [Finding.model_validate(finding(1, 2))])
    )
    for part in ("OPERATOR", "CLIENT", 'class="cross"', 'class="arrow copy"', 'class="race"', RACE):
        assert part in svg
    assert "seen balance 17.50 EUR" in svg
    assert svg.count('class="bar ok"') == 3


@pytest.mark.parametrize("providers", [["jackpot", "operator"], ["checkout", "operator", "jackpot", "more"]])
def test_every_provider_has_a_life_line_up_to_three(providers):
    svg = str(
        diagram([Exchange.model_validate(exchange(n, provider=name)) for n, name in enumerate(providers)])
    )
    assert svg.count('class="name"') == min(3, len(providers)) + 1


def test_texts_are_escaped():
    svg = str(diagram([Exchange.model_validate(exchange(1, "<b>&\"'"))]))
    assert "<b>" not in svg
    assert "&lt;b&gt;&amp;&quot;&#x27;" in svg


def curve(*bands, seen):
    points = [
        {"exchange": n, "at": n / 100, "label": f"bet {n}", "low": low, "high": high}
        for n, (low, high) in enumerate(bands)
    ]
    return BalanceCurve.model_validate(
        {"player": "p-1", "currency": "EUR", "opening": "10.00", "points": points, "seen": seen}
    )


def test_the_balance_plot_shows_what_was_seen_against_the_model():
    svg = str(balance_plot(curve(("7.00", "7.00"), ("4.00", "7.00"), seen="12.00")))
    assert "+5.00" in svg
    assert 'class="dot bad"' in svg
    assert svg.count('class="band"') == 1
    inside = str(balance_plot(curve(("4.00", "7.00"), seen="5.00")))
    assert 'class="dot"' in inside
    assert balance_plot(curve(("much", "7.00"), seen="5.00")) is None
    assert balance_plot(curve(("NaN", "7.00"), seen="5.00")) is None


def test_the_figures_of_a_plot_are_exact():
    large = "1000000000000.01"
    svg = str(balance_plot(curve((large, large), seen=str(Decimal(large) + 1))))
    assert "+1.00" in svg
