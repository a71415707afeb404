"""The settings in the back-office, and the widget to try them out. ``voucher-webhook.txt``, *Notification URL*."""

import secrets
from dataclasses import replace
from decimal import Decimal
from typing import get_args

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from simulators.jackpot.account import Confirmation
from simulators.jackpot.credentials import session_jwt
from simulators.jackpot.pages.backoffice.page import Backoffice, Refused
from simulators.jackpot.pages.widget import SCRIPT
from simulators.values import money


class SettingsPages:
    """Notification URL, confirmation, credentials; and a session of the CLIENT's own."""

    def __init__(self, backoffice: Backoffice) -> None:
        self.backoffice = backoffice
        self.simulator = backoffice.simulator

    def signature(self) -> Response:
        """Show apiSignature, once and to who asked; ``voucher-widget.txt``, *Build your token*."""
        return self.settings(api_signature=self.simulator.agreement.api_signature)

    def settings(self, problem: Refused | None = None, *, api_signature: str | None = None) -> Response:
        """Show notification URL, confirmation and credentials, their values hidden but for ``api_signature``."""
        return self.backoffice.page(
            "settings",
            problem,
            url=self.simulator.endpoint.url or "",
            confirmation=self.simulator.account.habits.confirmation,
            confirmations=get_args(Confirmation),
            email=self.simulator.agreement.email,
            client_id=self.simulator.agreement.client_id,
            api_signature=api_signature,
        )

    def save(self) -> ResponseReturnValue:
        """Take over notification URL and confirmation; where the URL is refused nothing changes."""
        chosen = request.form.get("confirmation", "")
        if chosen not in get_args(Confirmation):
            raise Refused(
                "There is no such confirmation mode. Vouchers wait or do not. Choose one of the list."
            )
        self.simulator.set_notification_url(request.form.get("notification_url", "").strip() or None)
        account = self.simulator.account
        account.habits = replace(account.habits, confirmation=chosen)  # type: ignore[arg-type]  # checked
        return redirect(url_for(".settings", saved=1), 303)

    def widget(self) -> Response:
        """Show the widget with a session of its own, as a CLIENT's page would; it is the CLIENT's player."""
        amount = request.args.get("amount", "")
        token = problem = None
        if amount:
            try:
                token = self._session_token(money.parse(amount))
            except ValueError:
                problem = Refused(
                    f"The amount is {amount[:40]!r}. A session may spend whole cents, more than none. Give 100."
                )
        return self.backoffice.page(
            "widget", problem, amount=amount, token=token, script=SCRIPT, scripted=True
        )

    def _session_token(self, amount: Decimal) -> str:
        claims = session_jwt.Claims(
            amount=amount,
            iat=int(self.simulator.account.clock()),
            notification_key=f"back-office-{secrets.token_hex(8)}",
        )
        return session_jwt.mint(claims, self.simulator.agreement.api_signature)
