"""What reaches into the CLIENT for a scenario: HTTP, shell, SQL or Python."""
