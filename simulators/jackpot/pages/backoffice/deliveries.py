"""Deliveries in the back-office: each webhook with its attempts and answers, to be sent again."""

import json
from typing import Any

from flask import Response, abort, redirect, url_for
from flask.typing import ResponseReturnValue

from simulators.exchanges.as_json import as_json
from simulators.jackpot import wire
from simulators.jackpot.pages.backoffice.page import SHOWN, Backoffice, Refused
from simulators.values import decimal_json
from simulators.webhooks.message_log import Attempt, DeliveryStanding, QueuedMessage


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
            payload=self.simulator.redactor.text(_indented(wire.fields(delivery.event))),
            attempts=[self._shown(each) for each in delivery.attempts],
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

    def _shown(self, attempt: Attempt) -> tuple[Attempt, str, dict[str, Any] | None]:
        """An attempt with its failure and what passed, without secrets; nothing is known of an earlier run's."""
        redactor, number = self.simulator.redactor, attempt.exchange
        passed = None if number is None else as_json(self.simulator.history[number], redactor)
        return attempt, redactor.text(attempt.failure or ""), passed


def _indented(value: Any, depth: int = 0) -> str:
    """``value`` as JSON for people; json.dumps would need floats."""
    inner, outer = "  " * (depth + 1), "  " * depth
    if isinstance(value, dict) and value:
        lines = (f"{inner}{json.dumps(name)}: {_indented(each, depth + 1)}" for name, each in value.items())
        return "{\n" + ",\n".join(lines) + f"\n{outer}}}"
    if isinstance(value, list | tuple) and any(isinstance(each, dict) for each in value):
        lines = (inner + _indented(each, depth + 1) for each in value)
        return "[\n" + ",\n".join(lines) + f"\n{outer}]"
    return decimal_json.dumps(value).decode()
