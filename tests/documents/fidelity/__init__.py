"""What the providers' documents say, statement by statement, and what holds it."""
