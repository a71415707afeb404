"""The oracles: pure functions of a history that say what a player's balance must be, and whether answers
fit together.
"""
