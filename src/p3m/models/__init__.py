"""Networks and their records: every model is a name in `p3m.models.catalog`."""
