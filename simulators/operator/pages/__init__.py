"""The player's pages of the sportsbook."""
