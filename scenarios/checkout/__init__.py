"""Scenarios of the checkout's product widget: CHK."""
