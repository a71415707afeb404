"""Other wallet providers' words over the same ledger: one file for each provider."""
