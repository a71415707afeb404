"""What the pages of the back-office share: how one is shown, and which forms may act."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from simulators.jackpot import wire
from simulators.jackpot.pages.backoffice.words import CHOSEN, LANGUAGES, language
from simulators.jackpot.simulator import JackpotSimulator
from simulators.server.pages import page
from simulators.server.responses import ApiError
from simulators.values.secret import same
from simulators.webhooks.message_log import QueuedMessage

# How many vouchers and deliveries a page shows, the newest first.
SHOWN: Final = 100
# How long a page waits for the answer to a webhook before it shows that there is none yet, in seconds.
_PATIENCE: Final = 2.0


class Refused(Exception):
    """What was filled in cannot be done: the text says why and what to do, ``fields`` the same of single ones."""

    def __init__(self, text: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.fields = fields or {}


class Backoffice:
    """The back-office of one simulator. Every form carries a token that only these pages show."""

    def __init__(self, simulator: JackpotSimulator) -> None:
        self.simulator = simulator
        self._form_token = secrets.token_urlsafe(24)

    def page(
        self, name: str, problem: Refused | None = None, *, scripted: bool = False, **context: Any
    ) -> Response:
        """Show the page ``name``; ``scripted``: it runs the widget."""
        origin = urlsplit(self.simulator.account.public_url)
        return render(
            f"backoffice/{name}.html",
            200 if problem is None else 422,
            f"{origin.scheme}://{origin.netloc}",
            scripted=scripted,
            here=name,
            problem=problem,
            form_token=self._form_token,
            **context,
        )

    def acting(
        self, act: Callable[..., ResponseReturnValue], page: Callable[..., ResponseReturnValue]
    ) -> Callable[..., ResponseReturnValue]:
        """Return a view that acts for forms of these pages only, and shows ``page`` where it is refused."""

        def view(**path: Any) -> ResponseReturnValue:
            if not same(request.form.get("form_token", ""), self._form_token):
                abort(
                    403,
                    "This form did not come from the back-office. Nothing was done. Reload the page first.",
                )
            try:
                return act(**path)
            except Refused as refused:
                return page(**path, problem=refused)
            except ApiError as error:
                return page(**path, problem=Refused(error.message))

        return view

    def sent(self, delivery: QueuedMessage[wire.Notification]) -> ResponseReturnValue:
        """Lead to the delivery's page, once its first answer is there or after a moment."""
        self.simulator.queue.wait(delivery.id, _PATIENCE)
        return redirect(url_for(".delivery", delivery_id=delivery.id), 303)


def render(
    template: str, status: int, pictures: str = "", /, *, scripted: bool = False, **shown: Any
) -> Response:
    """A page that loads nothing from elsewhere but pictures from the origin ``pictures``; ``scripted``: it runs the
    widget, the others run nothing.
    """
    spoken = language()
    policy = {"style-src": "'self' 'nonce-{nonce}'", "img-src": f"'self' data: {pictures}"}
    if scripted:
        policy |= {"script-src": "'self' 'nonce-{nonce}'", "connect-src": "'self'"}
    response = page(
        template, status, policy, language=spoken, languages=tuple(LANGUAGES), _=spoken.word, **shown
    )
    if request.args.get(CHOSEN) == spoken.code:
        response.set_cookie(CHOSEN, spoken.code, httponly=True, samesite="Lax")
    return response
