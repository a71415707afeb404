"""Wagers that many scenarios make alike: kinds of transaction, choices to learn, batches, other currencies."""
