"""Scenarios of the OPERATOR's rules: one file per family, each with its story, operations and checks."""
