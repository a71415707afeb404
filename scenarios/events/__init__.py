"""Raising one event by hand, for the command and the console alike."""
