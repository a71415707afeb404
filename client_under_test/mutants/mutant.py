"""What a mutant is."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Flask, Response

from client_under_test.app import Parts, create_app
from client_under_test.config import Config


@dataclass(frozen=True)
class Mutant:
    """A faulty CLIENT. ``fault`` says what a real team would have done; any of ``rules`` must catch it.

    ``sequential`` mutants are caught by single requests, one after the other. ``needs`` names what the
    judge must have beside that: "ban", "restart", "launch" (driver entries), "players" (two of them),
    "currencies" (players in others), "dollars" (one of them in USD, which is agreed on), "balances" (words of a
    provider whose answers tell them); of vouchers "sweep" (sessions end when the judge says so), "automatic" (the
    confirmation mode), "faults" (Jackpot's API disturbed);
    of checkouts "products" (several variants), "page" (the product page), "decisions" (delivered, and the order
    read). ``provider`` is whose contract it breaks.
    """

    name: str
    rules: tuple[str, ...]
    fault: str
    build: Callable[[Config], Flask]
    sequential: bool = True
    needs: tuple[str, ...] = ()
    provider: str = "operator"


def answering(
    change: Callable[[Config, Response], None], parts: Parts | None = None
) -> Callable[[Config], Flask]:
    """Builds the reference (with ``parts``), whose answers ``change`` alters on their way."""

    def build(config: Config) -> Flask:
        app = create_app(config, parts or Parts())

        @app.after_request
        def changed(response: Response) -> Response:
            change(config, response)
            return response

        return app

    return build


def mutant(
    name: str,
    rules: tuple[str, ...],
    fault: str = "",
    *,
    sequential: bool = True,
    needs: tuple[str, ...] = (),
    provider: str = "operator",
    **parts: Any,
) -> Mutant:
    """Return the mutant that replaces ``parts`` (fields of Parts) of the reference.

    Where no ``fault`` is given, it is what the class of the one part says that it does.
    """
    (first, *_) = parts.values()
    text = fault or " ".join(first.__doc__.split())
    return Mutant(name, rules, text, partial(create_app, parts=Parts(**parts)), sequential, needs, provider)
