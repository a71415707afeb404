"""All rules of the Jackpot provider, in contract order (``voucher-widget.txt``, ``voucher-webhook.txt``)."""

from scenarios.contract.jackpot_events import JACKPOT_EVENTS
from scenarios.contract.jackpot_vouchers import JACKPOT_VOUCHERS

JACKPOT = (*JACKPOT_EVENTS, *JACKPOT_VOUCHERS)
