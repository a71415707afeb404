"""Messages that a provider sends until they are acknowledged."""
