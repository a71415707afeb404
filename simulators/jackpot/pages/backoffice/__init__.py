"""The back-office: what a CLIENT sets and sees at Jackpot, as pages of plain forms."""
