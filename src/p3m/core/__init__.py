"""What all else stands on: errors, checks, catalogues, provenance. Standard library only."""
