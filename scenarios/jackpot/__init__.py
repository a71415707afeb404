"""Scenarios of the Jackpot provider: tokens, webhooks, catalogue, money and vouchers."""
