"""``pitboss resend``: send an exchange of the last report once more, byte for byte or as a new transaction."""

import json
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from scenarios.cli import options
from scenarios.cli.click_errors import examples
from scenarios.cli.commands.trigger.sending import CONFIG, CURL, conclude
from scenarios.hosting import checkout, jackpot
from scenarios.problems.errors import UsageProblem
from scenarios.report.files import HAR, LAST
from scenarios.report.saved import NEXT
from scenarios.target.loading import Target
from simulators.exchanges.history import History, Purpose, Request, header
from simulators.operator.delivery import Operator
from simulators.transport.route import Route
from simulators.webhooks.endpoint import Endpoint


@click.command(
    "resend",
    epilog=examples(
        "pitboss resend 339                 exchange #339 of the last report, byte for byte: a copy",
        "pitboss resend 339 --fresh         the same as a new transaction, signed anew",
        "pitboss resend 339 --from out      of the report in the folder out",
    ),
)
@click.argument("number", type=click.IntRange(0))
@CONFIG
@click.option("--fresh", is_flag=True, help="With a new transaction_id and a new signature.")
@click.option(
    "--from",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=LAST,
    show_default=True,
    metavar="DIR",
    help="The report's folder.",
)
@CURL
@click.pass_context
def command(
    context: click.Context, /, number: int, config: Path | None, fresh: bool, folder: Path, curl: bool
) -> None:
    """Send exchange NUMBER of a report once more, and see the CLIENT's answer.

    What it is sent to is the target's own address, as trigger does. Exit code 0: accepted; 1: refused; 3: no usable
    answer.
    """
    target = options.to_play_with(config)
    with_answers = Route(History(), ca_file=target.ca_file)
    request = _recorded(folder / HAR, number, target)
    endpoint = _endpoint(target, request, with_answers, number)
    if fresh:
        request = _fresh(endpoint, request, number)
    sent = endpoint.deliver(
        endpoint.delivery_of(
            request, label=f"#{number}{' anew' if fresh else ' again'}", purpose=Purpose.MANUAL
        )
    )
    with_answers.close()
    conclude(context, target, sent, curl=curl)


def _recorded(file: Path, number: int, target: Target) -> Request:
    """The request of exchange ``number``, with the secrets that the file does not hold. Raises UsageProblem."""
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))["log"]["entries"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no HTTP Archive"
        raise UsageProblem(f"{file} cannot be read: {reason}", f"the {HAR} of a report", NEXT) from None
    if number >= len(entries):
        raise UsageProblem(
            f"there is no exchange #{number} in {file}",
            f"a number from 0 to {len(entries) - 1}",
            "the report names the exchanges of each finding",
        )
    return _request(entries[number]["request"], number, target)


def _request(recorded: dict[str, Any], number: int, target: Target) -> Request:
    secrets = target.secrets()

    def whole(text: str) -> str:
        for name, secret in secrets.items():
            text = text.replace(f"<{name}>", secret)
        return text

    text = recorded.get("postData", {}).get("text", "")
    body = whole(text).encode()
    if len(body) != max(0, recorded["bodySize"]):
        raise UsageProblem(
            f"the body of #{number} is not in the report byte for byte",
            "a body of at most 10,000 bytes of UTF-8",
            "judge the rule again with the command that the report names",
        )
    headers = tuple((each["name"], whole(each["value"])) for each in recorded["headers"])
    return Request(recorded["method"], whole(recorded["url"]), headers, body)


def _endpoint(target: Target, request: Request, route: Route, number: int) -> Endpoint[Any]:
    """The CLIENT's endpoint that ``request`` went to: nothing is sent to anybody else. Raises UsageProblem."""
    operator = target.operator
    if operator is not None and request.url.startswith(operator.callback_url):
        route.timeout = operator.timeout
        secret = operator.security_hash.get_secret_value()
        return Operator(operator.callback_url, secret, route, operator.words)
    if target.jackpot is not None and request.url == target.jackpot.notification_url:
        return jackpot.build(target.jackpot, route).endpoint
    if target.checkout is not None and request.url == target.checkout.decision_url:
        return checkout.build(target.checkout, route).endpoint
    raise UsageProblem(
        f"#{number} went to {request.url}",
        "an exchange that a provider sent to an address of the target file: a callback, a notification, a decision",
        "choose another exchange, or name that target with -c",
    )


def _fresh(endpoint: Endpoint[Any], request: Request, number: int) -> Request:
    """``request`` under a new id; signed anew where it was rightly signed."""
    if isinstance(endpoint, Operator):
        dialect, message = endpoint.dialect, endpoint.dialect.sealed_in(request)
        new = dialect.renewed(message, str(uuid.uuid4()))
        if new is not None:
            signed = dict(dialect.seal(message, endpoint.secret)[0])
            fields, sealed = dialect.seal(new, endpoint.secret)
            anew = {
                name.lower(): value for name, value in fields if header(request.headers, name) == signed[name]
            }
            headers = tuple((name, anew.get(name.lower(), value)) for name, value in request.headers)
            return dialect.placed(replace(request, headers=headers), sealed)
    raise UsageProblem(
        f"--fresh: #{number} holds no transaction id that could be new",
        "a callback of the OPERATOR in words whose ids are known",
        "leave --fresh out to send a copy, or raise a new event with pitboss trigger",
    )
