"""The tokens that a CLIENT mints, read and explained claim by claim."""
