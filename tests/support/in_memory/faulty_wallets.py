"""CLIENTs with one fault each about money, copies or rollbacks: Wallet with a method changed."""

import unicodedata
from collections import deque
from decimal import ROUND_HALF_UP, Decimal

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


class OpensAccounts(Wallet):
    def stranger(self, message):
        self.balances[message["user_id"]], self.currencies[message["user_id"]] = Decimal(0), "EUR"
        return self.handle(message)


class AnyCurrencyBets(Wallet):
    def foreign(self, message):
        return self.fresh(message) if message["action"] == "bet" else super().foreign(message)


class BannedBets(Wallet):
    def bet(self, message):
        self.banned.clear()
        return super().bet(message)


class CrashesOnFreeBets(Wallet):
    def bet(self, message):
        return super().bet(message) * (message["amount"] / message["amount"])


class Floats(Wallet):
    def move(self, player, effect):
        self.balances[player] = float(self.balances[player]) + float(effect)

    def affordable(self, message):
        return float(message["amount"]) <= self.balances[message["user_id"]]


class RoundsFineAmounts(Wallet):
    def amount(self, message):
        if message["currency"] == "EUR" and isinstance(message["amount"], Decimal):
            message["amount"] = message["amount"].quantize(Decimal("0.01"), ROUND_HALF_UP)
        return super().amount(message)


class ThirtyTwoBits(Wallet):
    def result(self, message):
        return min(message["amount"], Decimal("21474836.47"))


class CentsForYen(Wallet):
    def move(self, player, effect):
        super().move(player, effect / 100 if self.currencies[player] == "JPY" else effect)


class ResultPaysLess(Wallet):
    def result(self, message):
        return message["amount"] - (Decimal("0.01") if message["amount"] == LARGE else 0)


class RefusesLostBets(Wallet):
    def result(self, message):
        if not message["amount"]:
            raise Refused("INVALID_AMOUNT")
        return super().result(message)


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


class IgnoresResultsInDebt(Wallet):
    def result(self, message):
        return Decimal(0) if self.balances[message["user_id"]] < 0 else super().result(message)


class ForgivesDebts(Wallet):
    """A result starts from zero where there is a debt."""

    def result(self, message):
        return super().result(message) - min(Decimal(0), self.balances[message["user_id"]])


class NewIdForCopies(Wallet):
    def again(self, known, message):
        answer = super().again(known, message)
        return {**answer, "transaction_id": super().new_id()} if answer["error"] is None else answer


class ResultsNotRemembered(Wallet):
    def again(self, known, message):
        same = known.message["action"] == message["action"] == "result"
        return (
            self.fresh(message)
            if same and known.message["user_id"] == message["user_id"]
            else super().again(known, message)
        )


class ShortMemory(Wallet):
    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.recent = deque(maxlen=50)

    def record(self, message, effect, error):
        self.recent.append(self.key(message))
        return super().record(message, effect, error)

    def again(self, known, message):
        return super().again(known, message) if self.key(message) in self.recent else self.fresh(message)


class KeyWithAmount(Wallet):
    def key(self, message):
        return message["transaction_id"], message["amount"]


class KeyWithAction(Wallet):
    def key(self, message):
        return message["transaction_id"], message["action"]


class KeyWithPlayer(Wallet):
    def key(self, message):
        return message["transaction_id"], message["user_id"]


class KeyNormalised(Wallet):
    def key(self, message):
        return unicodedata.normalize("NFC", message["transaction_id"])


class KeyWithFirstBytes(Wallet):
    def key(self, message):
        return message["transaction_id"], message["raw"][:10]


class KeyIsTheBody(Wallet):
    def key(self, message):
        return message["raw"]


class ForgetsIdsAtRestart(Wallet):
    def restart(self):
        self.entries.clear()


class LosesMoneyAtRestart(Wallet):
    def restart(self):
        self.balances = dict.fromkeys(self.balances, Decimal(0))


class ForgetsRollbacksAtRestart(Wallet):
    def restart(self):
        for entry in self.entries.values():
            entry.undone = False


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


class PaysWhateverItDoesNotFind(Wallet):
    def orphan(self, message):
        return message["amount"]


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


class ForgetsOrphans(Wallet):
    def record(self, message, effect, error):
        entry = super().record(message, effect, error)
        if message["action"] == "rollback" and not self.called(message["rollback_transaction_id"]):
            del self.entries[self.key(message)]
        return entry


class ReturnsTwice(Wallet):
    def undone(self, original, message):
        return -original.effect


class ReturnsRefusedBets(Wallet):
    def undo(self, original, message):
        return original.message["amount"] if original.error else super().undo(original, message)


class AnyPlayersRollback(Wallet):
    def original(self, message):
        found = self.called(message["rollback_transaction_id"])
        return found[0] if found and found[0].message["action"] != "rollback" else None


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


class AnyCurrencyRollbacks(Wallet):
    def foreign(self, message):
        return self.fresh(message) if message["action"] == "rollback" else super().foreign(message)
