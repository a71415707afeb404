"""The providers inside the process of a team's own tests: what the pytest fixtures hand out."""
