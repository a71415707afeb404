"""One run of the judge: settings, scenarios, findings, and what is put back."""
