"""CLIENTs with one habit each that real back-ends have: most are allowed, some break one rule and no other."""

from decimal import Decimal

from tests.support.in_memory.wallets import Refused, Wallet


class LateResultsPaid(Wallet):
    """A late bet moves nothing; a late result is paid, since it is a win after all."""


class LateResultsIgnored(Wallet):
    def result(self, message):
        return Decimal(0) if self.void(message) else super().result(message)


class LateResultsRefused(Wallet):
    def result(self, message):
        if self.void(message):
            raise Refused("ROLLED_BACK")
        return super().result(message)


class LateBetsAccepted(Wallet):
    """Answers a late bet with success and moves nothing."""

    def bet(self, message):
        return Decimal(0) if self.void(message) else super().bet(message)


class LateBetsTaken(Wallet):
    def void(self, message):
        return False


class LateBetsTakenForGood(LateBetsTaken):
    """A late bet is taken, and as its rollback is there already, no other undoes it."""

    def undo(self, original, message):
        late = (message["user_id"], message["rollback_transaction_id"]) in self.voids
        return Decimal(0) if late else super().undo(original, message)


class RefusalsForgiven(Wallet):
    """The copy of a refused bet is answered like any copy: with success. Nothing is taken."""

    def again(self, known, message):
        answer = super().again(known, message)
        return {"error": None, "transaction_id": known.client_id} if answer["error"] else answer


class CopiesAreErrors(Wallet):
    def again(self, known, message):
        raise Refused("DUPLICATE")


class SecondOrphanPays(Wallet):
    """The first rollback of an unknown id is refused and stored; the next finds the row, and pays."""

    def orphan(self, message):
        key = (message["user_id"], message["rollback_transaction_id"])
        if key in self.voids:
            return message["amount"]
        self.voids.add(key)
        raise Refused("NOT_FOUND")


class SpentResultsRefused(Wallet):
    def undo(self, original, message):
        if original.effect > self.balances[message["user_id"]]:
            raise Refused("INSUFFICIENT_FUNDS")
        return super().undo(original, message)


class SpentResultsTakeTheRest(Wallet):
    def undo(self, original, message):
        return max(super().undo(original, message), min(Decimal(0), -self.balances[message["user_id"]]))


class ReturnsTheNamedAmount(Wallet):
    def undo(self, original, message):
        effect = super().undo(original, message)
        return message["amount"].copy_sign(effect) if effect else effect


class BalancePerCurrency(Wallet):
    """Each player has euros and dollars; a rollback pays in the currency that it names."""

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.dollars = {name: Decimal(50) for name in self.balances}

    def foreign(self, message):
        if message["currency"] != "USD":
            return super().foreign(message)
        self.balances, self.dollars = self.dollars, self.balances
        try:
            return self.fresh(message)
        finally:
            self.balances, self.dollars = self.dollars, self.balances


class NeverRefuses(Wallet):
    def affordable(self, message):
        return True


class LimitsSingleBets(Wallet):
    """Takes no single bet above 1,000.00."""

    most = 1000

    def bet(self, message):
        if message["amount"] > self.most:
            raise Refused("STAKE_LIMIT")
        return super().bet(message)


class SmallBets(LimitsSingleBets):
    """Takes no single bet above 10.00."""

    most = 10


class CapsResults(Wallet):
    """Pays 10,000.00 of a result at most; its rollback takes all of it back."""

    def result(self, message):
        return min(message["amount"], Decimal(10_000))

    def undo(self, original, message):
        effect = super().undo(original, message)
        return -original.message["amount"] if original.message["action"] == "result" else effect


class LeastBets(Wallet):
    """Takes no single bet below 0.10, nor above 5,000.00."""

    def bet(self, message):
        if 0 < message["amount"] < Decimal("0.10"):
            raise Refused("LEAST_STAKE")
        if message["amount"] > 5000:
            raise Refused("STAKE_LIMIT")
        return super().bet(message)


class TellsMore(Wallet):
    """Says why it refuses in a sentence with the id of the bet, what is left, and the number of the request."""

    asked = 0

    def bet(self, message):
        self.asked += 1
        if not self.affordable(message):
            left = self.balances[message["user_id"]]
            raise Refused(f"{message['transaction_id']}: only {left} left (request {self.asked})")
        return super().bet(message)


class LimitsAllBets(Wallet):
    """Takes no bet of a player who has bet 70 times."""

    def bet(self, message):
        if sum(entry.effect < 0 for entry in self.entries.values()) >= 70:
            raise Refused("DAILY_LIMIT")
        return super().bet(message)


class PaysAfterBets(Wallet):
    """Refuses results of a player who has made no bet yet."""

    def result(self, message):
        if message["user_id"] not in self.seen_betting():
            raise Refused("NO_BET")
        return super().result(message)

    def seen_betting(self):
        return {
            entry.message["user_id"]
            for entry in self.entries.values()
            if entry.message["action"] == "bet" and entry.error is None
        }


class WholeAmounts(Wallet):
    """Takes whole amounts only."""

    def amount(self, message):
        amount = super().amount(message)
        if amount != int(amount):
            raise Refused("INVALID_AMOUNT")
        return amount


class RemembersTheLast(Wallet):
    """Knows the latest 250 transactions; older ones are done again, as if they were new."""

    def record(self, message, effect, error):
        entry = super().record(message, effect, error)
        for oldest in list(self.entries)[:-250]:
            del self.entries[oldest]
        return entry


# Of messages, not of money.


class MoreFields(Wallet):
    """Its answers hold more than is asked for, and come in chunks; a bet of nothing is refused."""

    def __call__(self, environ, start_response):
        # Of what is no list the length is not known ahead.
        return iter(super().__call__(environ, start_response))

    def said(self, entry):
        return super().said(entry) | {
            "status": "done",
            "balance": "hidden",
            "server": {"node": 7},
            "warnings": [],
        }

    def bet(self, message):
        if not message["amount"]:
            raise Refused("NO_STAKE")
        return super().bet(message)


class IntegerIds(Wallet):
    """Its ids are integers, and a wrong hash is answered 401."""

    def __call__(self, environ, start_response):
        said = []
        answer = super().__call__(environ, lambda *given: said.append(given))
        [(status, headers)] = said
        start_response("401 Unauthorized" if b"INVALID_HASH" in answer[0] else status, headers)
        return answer

    def new_id(self):
        return len(self.entries) + 1
