"""What tests of the judge share: runs against an in-memory CLIENT, and wallets that are wrong throughout."""

from contextlib import contextmanager
from decimal import Decimal

from scenarios.run.findings import Standing
from scenarios.run.planning.effort import QUICK
from scenarios.run.planning.settings import Settings
from scenarios.run.run import Run
from scenarios.runner.pytest_run import check
from tests.support.in_memory.wallets import Refused, Wallet, served, target_of

RULES = ("BET-01", "BET-03", "RES-01")
BLAMED = (Standing.FAILED, Standing.WARNED)


@contextmanager
def running(wallet, *rules, driver=(), effort=QUICK, **settings):
    """A run of the judge against ``wallet``, not started."""
    with served(wallet) as url:
        run = Run(Settings(target_of(url, wallet, driver), rules or RULES, effort, **settings))
        try:
            yield run
        finally:
            run.close()


def judged(
    wallet, *rules, driver=(), opening=None, paths=None, report=None, watchers=(), effort=QUICK, **settings
):
    """What the judge says of ``wallet`` by ``rules``, from the scenario files ``paths`` (None: all)."""
    with served(wallet) as url:
        chosen = Settings(target_of(url, wallet, driver, opening), rules or RULES, effort, **settings)
        given = {} if paths is None else {"paths": paths}
        return check(chosen, report=report, watchers=watchers, **given)


def at(result, *standings):
    """The rules that stand at one of ``standings``, and why."""
    return {one.rule.id: one.reason for one in result.verdicts if one.standing in standings}


class BetsTakeNothing(Wallet):
    def bet(self, message):
        super().bet(message)
        return Decimal(0)


class BetsTakeDouble(Wallet):
    def bet(self, message):
        return super().bet(message) * 2


class BetsTakeHalf(Wallet):
    def bet(self, message):
        return super().bet(message) / 2


class ResultsPayDouble(Wallet):
    def result(self, message):
        return super().result(message) * 2


class ResultsPayNothing(Wallet):
    def result(self, message):
        return Decimal(0)


class ResultsPayInPart(Wallet):
    """No result pays more than 700.00."""

    def result(self, message):
        return min(super().result(message), Decimal(700))


class NoLargeResults(Wallet):
    """No result of more than 700.00 is taken."""

    def result(self, message):
        if message["amount"] > 700:
            raise Refused("RESULT_LIMIT")
        return super().result(message)


class NoFundsCheck(Wallet):
    def affordable(self, message):
        return True


class RefusedBetsTake(Wallet):
    def affordable(self, message):
        enough = super().affordable(message)
        if not enough:
            self.move(message["user_id"], -message["amount"])
        return enough


class NoResults(Wallet):
    def result(self, message):
        raise Refused("NO_RESULTS")


class NoBets(Wallet):
    def bet(self, message):
        raise Refused("NO_BETS")
