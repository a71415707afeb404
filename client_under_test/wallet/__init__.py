"""The sportsbook's callbacks and the ledger behind them."""
