"""The shop that sells by the checkout."""
