"""What scenarios of confirmations share: who confirms, and how often."""

from decimal import Decimal

import pytest

from scenarios.browsers.voucher_browser import Conversion
from scenarios.browsers.voucher_flow import Conversions
from scenarios.run.judge import Judge
from scenarios.run.run import Run


def needs_manual(run: Run) -> None:
    """Skip the scenario where the CLIENT confirms nothing itself."""
    if run.settings.target.need_jackpot().confirmation != "manual":
        pytest.skip('needs a CLIENT in manual mode: set confirmation = "manual" in [jackpot]')


def not_confirmed(
    rule: str, conversions: Conversions, judge: Judge, voucher_id: str, case: str, off: Decimal = Decimal(0)
) -> None:
    """Judge by ``rule`` that there was no request to confirm a voucher; ``off`` is the money at stake."""
    sent = conversions.simulator.confirm_requests(voucher_id)
    judge.holds(
        rule,
        not sent,
        expected="no request to confirm it",
        seen=f"{len(sent)}",
        exchanges=sent[:3],
        case=case,
        off=off,
    )


def confirmed_once(conversions: Conversions, judge: Judge, conversion: Conversion, case: str) -> None:
    """Judge that no request to confirm follows the answer that said that it is confirmed."""
    sent = conversions.simulator.confirm_requests(conversion.voucher)
    done = next((place for place, each in enumerate(sent) if each.ok), len(sent))
    judge.holds(
        "VCH-11",
        len(sent) <= done + 1,
        expected="no request to confirm what is known to be confirmed",
        seen=f"{len(sent) - done - 1} more",
        exchanges=sent[:4],
        case=case,
    )
