"""The CLIENT towards the OPERATOR, and its site."""
