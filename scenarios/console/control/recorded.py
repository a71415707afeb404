"""Requests that a report holds: read back whole, with their endpoint, and made new."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from scenarios.problems.errors import UsageProblem
from simulators.exchanges.history import Request
from simulators.webhooks.endpoint import Endpoint


def request(written: Mapping[str, Any], number: int, secrets: Mapping[str, str]) -> Request:
    """The request of the HTTP Archive's entry ``number``, with the secrets that it does not hold.

    Raises UsageProblem where it is none, or not there byte for byte.
    """

    def whole(text: str) -> str:
        for name, secret in secrets.items():
            text = text.replace(f"<{name}>", secret)
        return text

    try:
        body = whole(written.get("postData", {}).get("text", "")).encode()
        complete = len(body) == max(0, written["bodySize"])
        headers = tuple((whole(each["name"]), whole(each["value"])) for each in written["headers"])
        made = Request(str(written["method"]), whole(written["url"]), headers, body)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise UsageProblem(
            f"#{number} is no request of a report",
            "the request of an entry in its history.har",
            "name the report's folder with --from",
        ) from None
    if not complete:
        raise UsageProblem(
            f"the body of #{number} is not in the report byte for byte",
            "a body of at most 10,000 bytes of UTF-8",
            "judge the rule again with the command that the report names",
        )
    return made


def endpoint(channels: Iterable[Endpoint[Any]], asked: Request, number: int) -> Endpoint[Any]:
    """Which of ``channels`` ``asked`` went to: nothing is sent to anybody else. Raises UsageProblem."""
    for channel in channels:
        if channel.owns(asked.url):
            return channel
    raise UsageProblem(
        f"#{number} went to {asked.url}",
        "an exchange that a provider sent to an address of the target file: a callback, a notification, a decision",
        "choose another exchange, or name that target with -c",
    )


def fresh(channel: Endpoint[Any], asked: Request, number: int) -> Request:
    """``asked`` under a new id; signed again where it was rightly signed. Raises UsageProblem where it has no id."""
    new = channel.renewed(asked, str(uuid.uuid4()))
    if new is not None:
        return new
    raise UsageProblem(
        f"#{number} holds no transaction id that could be new",
        "a callback of the OPERATOR in words whose ids are known",
        "send a copy of it (without --fresh), or raise a new event with pitboss trigger",
    )
