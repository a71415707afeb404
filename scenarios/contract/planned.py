"""The rules that have no scenario yet; a test pairs rules with scenarios."""

PLANNED: frozenset[str] = frozenset()
