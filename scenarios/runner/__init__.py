"""The judge inside pytest: plugin, fixtures and session."""
