"""CLIENTs that share no code with the project: one that is right, some wrong in several ways at once."""
