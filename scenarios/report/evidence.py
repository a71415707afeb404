"""Which exchanges of a finding did it, which stand beside them, and which only read a balance."""

from typing import NamedTuple

from scenarios.contract import Observed
from scenarios.run.findings import Finding
from scenarios.run.run import Run
from simulators.exchanges.history import Direction, Exchange, Purpose
from simulators.wallet.transactions import Transaction

# Each of these answers is wrong by itself, whatever came before it.
_WRONG_ALONE = (Observed.UNREADABLE, Observed.FAILED, Observed.SILENT)


class Evidence(NamedTuple):
    """The exchanges of a finding, each in one of these, in the order of time.

    ``telling`` is what was sent and is answered for; ``asked`` what the CLIENT asked meanwhile; ``read`` what a balance
    was read by.
    """

    telling: list[Exchange]
    asked: list[Exchange]
    read: list[Exchange]


def evidence(run: Run, finding: Finding) -> Evidence:
    """The exchanges of ``finding``, sorted by what they say."""
    exchanges = [run.history[number] for number in dict.fromkeys(finding.exchanges)]
    money = finding.observed is Observed.MONEY
    sent = [each for each in exchanges if not (money and each.purpose is Purpose.PROBE)]
    # Where nothing but wagers that read a balance showed it, the first of them does.
    sent = sent or exchanges[:1]
    to_client = [each for each in sent if each.direction is Direction.TO_CLIENT]
    telling = sent if finding.observed is Observed.ASKED or not to_client else to_client
    return Evidence(
        telling,
        [each for each in sent if each not in telling],
        [each for each in exchanges if each not in sent],
    )


def blamed(run: Run, finding: Finding) -> list[Exchange]:
    """Those exchanges of ``finding`` that did it; [] where it is not known which did.

    That is what the finding says, or what the mistake was made with that would explain it. Else it is the answer that
    is wrong, which is the last, or what was sent alone.
    """
    telling = evidence(run, finding).telling
    if finding.blamed:
        return [each for each in telling if each.number in finding.blamed]
    if finding.mistake:
        ids = {one.id for one in finding.mistake.transactions}
        return [each for each in telling if isinstance(each.message, Transaction) and each.message.id in ids]
    if finding.observed in _WRONG_ALONE or finding.observed is Observed.ASKED:
        return telling
    if raced := [each for each in telling if each.race is not None]:
        return raced
    return telling[-1:] if finding.observed is not Observed.MONEY or len(telling) == 1 else []
