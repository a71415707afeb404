"""The player's browser, as far as scenarios need one."""
