"""The providers: pure protocol and state first, then thin servers and senders. Imports nothing else of ours."""
