"""The fake Jackpot: vouchers, catalogue, webhooks, API (``voucher-widget.txt``, ``voucher-webhook.txt``)."""
