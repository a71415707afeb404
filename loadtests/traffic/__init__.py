"""What players do under load, and the ledger of it."""
