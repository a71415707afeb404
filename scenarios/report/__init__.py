"""What a run leaves behind: report.json, history.har, and what the terminal shows."""
