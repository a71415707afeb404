"""Deliveries in the back-office: each webhook with its attempts and answers, to be sent again."""

from flask import Response, abort, redirect, url_for
from flask.typing import ResponseReturnValue

from simulators.jackpot import wire
from simulators.jackpot.pages.backoffice import log
from simulators.jackpot.pages.backoffice.page import SHOWN, Backoffice, Refused
from simulators.webhooks.retry_queue import DeliveryStanding, QueuedMessage


class DeliveryPages:
    """The list of deliveries, and each of them."""

    def __init__(self, backoffice: Backoffice) -> None:
        self.backoffice = backoffice
        self.simulator = backoffice.simulator

    def deliveries(self) -> Response:
        """Show the deliveries, the newest first."""
        every = self.simulator.queue.deliveries
        return self.backoffice.page("deliveries", deliveries=every[: -SHOWN - 1 : -1], total=len(every))

    def delivery(self, delivery_id: int, problem: Refused | None = None) -> Response:
        """Show one delivery: payload, attempts, answers."""
        delivery = self._delivery(delivery_id)
        return self.backoffice.page(
            "delivery",
            problem,
            delivery=delivery,
            payload=log.payload(delivery, self.simulator.redactor),
            attempts=log.attempts(delivery, self.simulator.history, self.simulator.redactor),
            acknowledged=DeliveryStanding.ACKNOWLEDGED,
            waiting=DeliveryStanding.WAITING,
        )

    def again(self, delivery_id: int) -> ResponseReturnValue:
        """Send a delivery once more, now."""
        self._delivery(delivery_id)
        try:
            self.simulator.queue.again(delivery_id)
        except ValueError:
            raise Refused(
                "There is no notification URL. Webhooks are sent to one. Fill it in under Platform configuration."
            ) from None
        return redirect(url_for(".delivery", delivery_id=delivery_id), 303)

    def _delivery(self, delivery_id: int) -> QueuedMessage[wire.Notification]:
        try:
            return self.simulator.queue.delivery(delivery_id)
        except KeyError:
            abort(404, "There is no such delivery. Go back to the list of deliveries.")
