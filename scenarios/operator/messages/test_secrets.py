"""Secrets that the CLIENT shares with the OPERATOR, in what it answered in the whole run.

Story: what others sent is read once more, from the first answer to the last, refusals and errors too. Invariant: no
answer tells the secret, the password or a token, however they are written. Limits: a secret of less than eight
characters may be a word of any text, and is not looked for; what the judge's own request said may be given back.
"""

import json
from collections.abc import Iterator

import pytest

from scenarios.generated.leaked_secrets import by_driver, by_history, judge_secrets
from scenarios.operator.messages.forgeries import forge, raw
from scenarios.run.judge import Judge
from scenarios.run.run import Run
from simulators.exchanges.history import Direction
from simulators.operator.dialect import ROLLBACK_PATH, TRANSACTION_PATH
from simulators.providers import OPERATOR


def _agreed(run: Run) -> dict[str, str]:
    """The secrets that both sides know."""
    operator, _ = run.settings.target.need_operator()
    password = operator.password
    secrets = {"the security hash's secret": operator.security_hash.get_secret_value()}
    return secrets if password is None else secrets | {"the password": password.get_secret_value()}


def _tokens(run: Run) -> Iterator[str]:
    """The tokens that the OPERATOR gave the CLIENT."""
    for exchange in run.history.since(0):
        answer = exchange.answer
        if exchange.direction is Direction.TO_CLIENT or exchange.provider != OPERATOR or answer is None:
            continue
        try:
            document = json.loads(answer.body)
        except ValueError:
            continue
        token = document.get("token") if isinstance(document, dict) else None
        if isinstance(token, str):
            yield token


@pytest.fixture(scope="module")
def errors(run: Run) -> None:
    """A refused hash and a body that is no JSON, once, so that this rule can be judged alone too."""
    if run.gone_after is not None:
        return
    operator, player = run.verbs, run.players[0]
    bet = operator.transaction("bet", player, player.unit)
    forge(operator, bet, "0" * 64)
    for path in (TRANSACTION_PATH, ROLLBACK_PATH):
        raw(operator, b'{"transaction_id":', path, "malformed body (truncated JSON)")


@pytest.mark.whole_history
@pytest.mark.rules("OUT-07")
def test_no_launch_tells_a_secret(run: Run, judge: Judge) -> None:
    """No launch of the run, failed or not, showed the player the secret, the password or a token."""
    tokens = {f"a token ({number})": token for number, token in enumerate(dict.fromkeys(_tokens(run)), 1)}
    judge_secrets("OUT-07", judge, _agreed(run) | tokens, by_driver(run, "launch"))


@pytest.mark.whole_history
@pytest.mark.usefixtures("errors")
@pytest.mark.rules("MSG-13")
def test_no_answer_tells_a_secret(run: Run, judge: Judge) -> None:
    """No answer of the run, to whichever provider, tells what signs the OPERATOR's requests, nor the password."""
    judge_secrets("MSG-13", judge, _agreed(run), by_history(run))
