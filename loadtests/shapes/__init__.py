"""How many users there are at which moment, and when a run has sent enough."""
