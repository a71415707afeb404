"""``pitboss token``: explain a session or checkout JWT claim by claim, or sign one by hand."""
