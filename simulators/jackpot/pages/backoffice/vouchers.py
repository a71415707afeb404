"""Vouchers in the back-office: confirming, refunds, and signed URLs, the levers of a staging."""

import contextlib
from typing import Any, Final

from flask import Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from simulators.jackpot.lifecycle import LIFECYCLE, IllegalTransition, VoucherEvent, VoucherState
from simulators.jackpot.pages.backoffice.page import SHOWN, Backoffice, Refused
from simulators.jackpot.world import Voucher
from simulators.server.responses import ApiError

# What the buttons say; the table of the lifecycle decides which of them a voucher has.
WORDS: Final = {
    VoucherEvent.CONFIRM: "Confirm",
    VoucherEvent.CANCEL: "Cancel",
    VoucherEvent.EXPIRE: "Let it expire",
    VoucherEvent.MAKE_READY: "Make ready",
    VoucherEvent.ASK_REFUND: "Ask for a refund",
    VoucherEvent.REFUND: "Accept the refund",
    VoucherEvent.REJECT_REFUND: "Reject the refund",
}


class VoucherPages:
    """The list of vouchers, and what may happen to each."""

    def __init__(self, backoffice: Backoffice) -> None:
        self.backoffice = backoffice
        self.simulator = backoffice.simulator

    def vouchers(self, problem: Refused | None = None, **_path: Any) -> Response:
        """Show the vouchers, the newest first, each with what may happen to it."""
        rows = [
            (
                voucher,
                [(event, WORDS[event]) for event in LIFECYCLE.transitions[voucher.state]],
                self._file(voucher),
            )
            for voucher in reversed(self.simulator.account.vouchers[-SHOWN:])
        ]
        return self.backoffice.page("vouchers", problem, rows=rows)

    def happen(self, voucher_id: str) -> ResponseReturnValue:
        """Let the chosen event come over a voucher."""
        self._voucher(voucher_id)
        try:
            self.simulator.account.happen(voucher_id, VoucherEvent(request.form.get("event", "")))
        except IllegalTransition as error:
            raise Refused(str(error)) from None
        except ValueError:
            raise Refused(
                "There is no such event. A voucher has its buttons only. Press one of them."
            ) from None
        return redirect(url_for(".vouchers") + f"#v-{voucher_id}", 303)

    def expire_url(self, voucher_id: str) -> ResponseReturnValue:
        """Make the signed URLs of a voucher void."""
        self._voucher(voucher_id)
        self.simulator.account.expire_signed_url(voucher_id)
        return redirect(url_for(".vouchers") + f"#v-{voucher_id}", 303)

    def _file(self, voucher: Voucher) -> str | None:
        """A new signed URL of the voucher's PDF, where it has one."""
        if voucher.state is not VoucherState.READY:
            return None
        with contextlib.suppress(ApiError):
            return self.simulator.service.signed_url(voucher.id).signed_url
        return None

    def _voucher(self, voucher_id: str) -> Voucher:
        try:
            return self.simulator.account.voucher(voucher_id)
        except KeyError:
            abort(404, "There is no such voucher. Go back to the list of vouchers.")
