"""The schema of report.json, in parts."""
