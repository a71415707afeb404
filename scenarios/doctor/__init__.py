"""What is wrong with a target, and the next step."""
