"""What the audit comes to, and how it is shown: on the console, in report.json, on Locust's page."""
