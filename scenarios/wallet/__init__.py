"""The test players, the OPERATOR as scenarios use it, and how balances are read."""
