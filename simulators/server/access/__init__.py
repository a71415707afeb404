"""Who may do what at a server: the gate before pages of the team, tokens, forms of other sites."""
