"""Which trained weights exist and where they lie."""
