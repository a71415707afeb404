"""Checks on the house itself: lengths, import cycles, leftovers. ``python -m tests.house`` runs all of them.

Each check is a function from a place to findings, one line of text each; no finding means that it holds.
"""
