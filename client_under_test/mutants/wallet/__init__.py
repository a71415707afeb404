"""Mutants of the wallet."""
