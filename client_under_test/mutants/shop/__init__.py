"""Mutants of the shop."""
