"""CLIENTs that are the reference with one realistic fault each, and the rules that must catch them."""
