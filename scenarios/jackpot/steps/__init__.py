"""What scenarios of Jackpot do alike: purchases, confirmations, events as they come, stores."""
