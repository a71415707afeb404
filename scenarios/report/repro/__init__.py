"""Shell scripts that show a fault once more, with new ids and right signatures."""
