"""Who may ask Jackpot what: session JWTs, grants, signed URLs."""
