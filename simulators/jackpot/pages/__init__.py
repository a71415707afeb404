"""The widget and the back-office of Jackpot."""
