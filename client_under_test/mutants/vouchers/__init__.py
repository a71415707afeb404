"""Mutants of the vouchers."""
