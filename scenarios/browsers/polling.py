"""What a CLIENT asks time and again until something has happened."""

from collections.abc import Iterable

from simulators.exchanges.history import Direction, Exchange


def without_polling(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """``exchanges`` with the first alone of questions that were asked and answered alike: they say nothing new."""
    kept: dict[object, Exchange] = {}
    for each in exchanges:
        key: object = each.number
        if each.direction is Direction.FROM_CLIENT and each.answer is not None:
            request = each.request
            key = request.method, request.url, request.body, each.answer.status, each.answer.body
        kept.setdefault(key, each)
    return list(kept.values())
