"""Simulators run for the length of a check, or until Ctrl-C."""
