"""What every room of the CLIENT uses: exact money and JSON, and how a request is refused."""
