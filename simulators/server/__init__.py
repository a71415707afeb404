"""What the servers of all providers share: WSGI, responses, faults of responses, OpenAPI."""
