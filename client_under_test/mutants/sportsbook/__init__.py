"""Mutants of the requests to the OPERATOR."""
