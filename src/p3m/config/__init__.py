"""The only place where text becomes settings."""
