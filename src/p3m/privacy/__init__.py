"""What makes a face unrecognisable: the effects, and the region that they cover."""
