"""Correct shops that make of contrary decisions, and of a decision's times, what no document forbids."""

import queue
import threading
import time

from tests.simulators.checkout.shop import Shop


class LatestStands(Shop):
    """Follows the latest decision, each once, by what it says: a product that was declined is taken back."""

    def hear(self, payload):
        heard = self.__dict__.setdefault("heard", set())
        if payload in heard:
            return "200 OK"
        heard.add(payload)
        return super().hear(payload)

    def decide(self, reference, outcome):
        if reference not in self.orders:
            return "404 Not Found"
        self.orders[reference] = [outcome, int(outcome == "success")]
        return "200 OK"


class ApprovedAfterAll(Shop):
    """A checkout that was declined may still be approved, as by another card; one that was approved is over."""

    def decide(self, reference, outcome):
        order = self.orders.get(reference)
        if order is not None and order[0] == "failure":
            order[0] = None
        return super().decide(reference, outcome)


class TimesMatter(Shop):
    """Refuses what is over, not yet valid or older than an hour, and tells so."""

    def verified(self, payload):
        claims, now = super().verified(payload), time.time()
        within = claims.get("nbf", 0) <= now < claims.get("exp", now + 1)
        return claims if within and claims["iat"] > now - 3600 else {"data": {}}


class ActsLater(Shop):
    """Acknowledges at once, and acts in the background, in order."""

    def __init__(self, *given):
        super().__init__(*given)
        self.owed = queue.Queue()
        threading.Thread(target=self.act, daemon=True).start()

    def act(self):
        while True:
            reference, outcome = self.owed.get()
            time.sleep(0.01)
            with self.lock:
                super().decide(reference, outcome)

    def decide(self, reference, outcome):
        self.owed.put((reference, outcome))
        return "200 OK"


HABITS = [LatestStands, ApprovedAfterAll, TimesMatter, ActsLater]
