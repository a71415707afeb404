"""CLIENTs with one fault each about money, copies or rollbacks: Wallet with a method changed."""

from decimal import Decimal

from tests.support.in_memory.odd_wallets import SpentResultsRefused
from tests.support.in_memory.wallets import Refused, Wallet

LARGE = Decimal(1000)


class BetTakesLess(Wallet):
    def bet(self, message):
        effect = super().bet(message)
        return effect + Decimal("0.01") if effect == -LARGE else effect


class KeepsOneUnit(Wallet):
    def affordable(self, message):
        return message["amount"] < self.balances[message["user_id"]]


class LendsOneUnit(Wallet):
    def affordable(self, message):
        return message["amount"] <= self.balances[message["user_id"]] + Decimal("0.01")


class LendsMuch(Wallet):
    def affordable(self, message):
        return message["amount"] == 90 or super().affordable(message)


class OtherCode(Wallet):
    def bet(self, message):
        if not self.affordable(message):
            raise Refused("NO_MONEY")
        return super().bet(message)


class ForgetsRefusedBets(Wallet):
    def record(self, message, effect, error):
        entry = super().record(message, effect, error)
        if error == "INSUFFICIENT_FUNDS":
            del self.entries[self.key(message)]
        return entry


class BannedBets(Wallet):
    def bet(self, message):
        self.banned.clear()
        return super().bet(message)


class BansBeforeCopies(Wallet):
    """Looks whether the player may bet before it looks whether it knows the bet."""

    def handle(self, message):
        if message["action"] == "bet" and message["user_id"] in self.banned:
            raise Refused("PLAYER_BANNED")
        return super().handle(message)


class ResultPaysLess(Wallet):
    def result(self, message):
        return message["amount"] - (Decimal("0.01") if message["amount"] == LARGE else 0)


class ResultsSinceTheBet(Wallet):
    """Pays ``most`` results after each bet; a further one is refused or ignored."""

    most, refuses = 1, True

    def bet(self, message):
        effect = super().bet(message)
        self.__dict__.setdefault("since", {})[message["user_id"]] = 0
        return effect

    def result(self, message):
        since = self.__dict__.setdefault("since", {})
        count = since[message["user_id"]] = since.get(message["user_id"], self.most) + 1
        if count <= self.most or not message["amount"]:
            return super().result(message)
        if self.refuses:
            raise Refused("NO_BET")
        return Decimal(0)


class FourthResultIgnored(ResultsSinceTheBet):
    most, refuses = 4, False

    # Only results that are won count, and crowds of small ones do not.
    def result(self, message):
        return super().result(message) if self.counts(message) else message["amount"]

    def counts(self, message):
        return message["amount"] > Decimal("0.5") and message["currency"] == "EUR"


class BannedResults(Wallet):
    def result(self, message):
        if message["user_id"] in self.banned:
            raise Refused("PLAYER_BANNED")
        return super().result(message)


class ForgivesDebts(Wallet):
    """A result starts from zero where there is a debt."""

    def result(self, message):
        return super().result(message) - min(Decimal(0), self.balances[message["user_id"]])


class ResultsNotRemembered(Wallet):
    def again(self, known, message):
        same = known.message["action"] == message["action"] == "result"
        return (
            self.fresh(message)
            if same and known.message["user_id"] == message["user_id"]
            else super().again(known, message)
        )


class KeyWithFirstBytes(Wallet):
    def key(self, message):
        return message["transaction_id"], message["raw"][:10]


class ReturnsLess(Wallet):
    def undo(self, original, message):
        effect = super().undo(original, message)
        return effect - Decimal("0.01") if effect == 150 else effect


class RollbackAdds(Wallet):
    def undo(self, original, message):
        return abs(super().undo(original, message))


class RefusesYetTakes(SpentResultsRefused):
    def undo(self, original, message):
        if original.effect > self.balances[message["user_id"]]:
            self.move(message["user_id"], -original.effect)
        return super().undo(original, message)


class PaysOrphans(Wallet):
    def orphan(self, message):
        super().orphan(message)
        return Decimal(0) if self.called(message["rollback_transaction_id"]) else message["amount"]


class GenerousAfterOrphan(Wallet):
    """Pays 0.01 too much with a result that comes directly after a rollback of the player's."""

    def handle(self, message):
        answer = super().handle(message)
        self.__dict__.setdefault("last", {})[message.get("user_id")] = message["action"]
        return answer

    def result(self, message):
        last = self.__dict__.setdefault("last", {}).get(message["user_id"])
        return super().result(message) + (Decimal("0.01") if last == "rollback" else 0)


class RefusesOrphans(Wallet):
    def orphan(self, message):
        raise Refused("NOT_FOUND")


class ReturnsTwice(Wallet):
    def undone(self, original, message):
        return -original.effect


class RollbacksOfRollbacksCrash(Wallet):
    def orphan(self, message):
        if self.called(message["rollback_transaction_id"]):
            raise RuntimeError("no posting")
        return super().orphan(message)


class NoResultAfterRollback(Wallet):
    undone_last = False

    def undo(self, original, message):
        self.undone_last = original.message["action"] == "bet"
        return super().undo(original, message)

    def bet(self, message):
        self.undone_last = False
        return super().bet(message)

    def result(self, message):
        if self.undone_last and message["amount"] > 1:
            raise Refused("BET_VOID")
        return super().result(message)
