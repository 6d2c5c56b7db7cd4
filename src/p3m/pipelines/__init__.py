"""The composition root: settings become objects, objects run, a record of the run comes back."""
