"""What everything else stands on: errors, argument checks, catalogues, provenance. Standard library only."""
