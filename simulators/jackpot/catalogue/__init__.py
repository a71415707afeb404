"""What Jackpot sells: stores, offers, prices."""
