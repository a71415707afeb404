"""All rules of the Jackpot provider, in contract order (``voucher-widget.txt``, ``voucher-webhook.txt``)."""

from scenarios.contract.voucher_money import JACKPOT_VOUCHERS
from scenarios.contract.voucher_webhooks import JACKPOT_EVENTS

JACKPOT = (*JACKPOT_EVENTS, *JACKPOT_VOUCHERS)
