"""Scenarios about bytes: signatures, answers, bad input, and requests of the CLIENT."""
