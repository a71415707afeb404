"""Works on conversions: asks Jackpot what is true, settles the money, confirms what is ours and paid for.

Notifications are unsigned and come in any order, so none is believed: each only says that it is time to ask.
"""

from client_under_test.vouchers import states
from client_under_test.vouchers.conversions import Conversion, Conversions
from client_under_test.vouchers.inbox import Inbox, PendingEvent
from client_under_test.vouchers.jackpot_api import JackpotApi, JackpotFailed, Voucher


class Resolver:
    """One conversion at a time, never the same one twice at once (the worker sees to it)."""

    def __init__(self, conversions: Conversions, inbox: Inbox, jackpot: JackpotApi) -> None:
        self.conversions = conversions
        self.inbox = inbox
        self.jackpot = jackpot

    def work(self, conversion_id: int, now: float) -> None:
        """Do what is due of a conversion; raises JackpotFailed where it must be tried again."""
        row = self.conversions.get(conversion_id)
        pending = self.inbox.pending(conversion_id)
        if not pending and row.voucher_id is None:
            self.conversions.expire(conversion_id, now)
            row = self.conversions.get(conversion_id)
        for voucher_id in self.candidates(row, pending):
            voucher = self.ask(row, voucher_id, pending)
            if voucher is not None and self.ours(row, voucher):
                row = self.advance(row, voucher)
        self.inbox.finish(row, pending)

    def candidates(self, row: Conversion, pending: list[PendingEvent]) -> list[str]:
        """Return the vouchers to ask about: those that events named, and the one that is known."""
        named = [event.voucher_id for event in pending]
        return list(dict.fromkeys(named + ([row.voucher_id] if row.voucher_id and not named else [])))

    def ask(self, row: Conversion, voucher_id: str, pending: list[PendingEvent]) -> Voucher | None:  # noqa: ARG002
        """Ask what is true of a voucher; None where there is none. Raises JackpotFailed."""
        return self.jackpot.voucher(voucher_id)

    def ours(self, row: Conversion, voucher: Voucher) -> bool:
        """Say whether a voucher is this conversion's: the session's own key, and no second voucher."""
        return voucher.notification_key == row.notification_key and row.voucher_id in (
            None,
            voucher.voucher_id,
        )

    def advance(self, row: Conversion, voucher: Voucher) -> Conversion:
        """Settle, then ask Jackpot for what is wanted, until nothing is; raises JackpotFailed.

        What is wanted was committed before it is asked for. After a failure only the voucher itself can say
        whether it was done, so it is asked before anything is tried again.
        """
        row = self.conversions.apply(row.id, voucher)
        while row.wanted is not None:
            before = row
            row = self.conversions.apply(row.id, self.carry_out(row.wanted, voucher.voucher_id))
            if (row.state, row.wanted) == (before.state, before.wanted):
                raise JackpotFailed(f"{row.wanted} was not done")
        return row

    def carry_out(self, wanted: str, voucher_id: str) -> Voucher:
        """Ask for one change and return what is true then; raises JackpotFailed."""
        ask = {
            states.CONFIRM: self.jackpot.confirm,
            states.CANCEL: self.jackpot.cancel,
            states.REFUND: self.jackpot.refund,
        }[wanted]
        try:
            return ask(voucher_id)
        except JackpotFailed:
            voucher = self.jackpot.voucher(voucher_id)
            if voucher is None:
                raise
            return voucher

    def url(self, row: Conversion, now: float) -> str | None:
        """Return an address that opens the voucher: the one known while it does, else a new one."""
        if row.state != states.READY or row.voucher_id is None:
            return None
        if row.url is not None and (row.url_ends or 0) > now and self.jackpot.opens(row.url):
            return row.url
        try:
            url = self.jackpot.signed_url(row.voucher_id)
        except JackpotFailed:
            return row.url
        self.conversions.renew(row, url)
        return url
