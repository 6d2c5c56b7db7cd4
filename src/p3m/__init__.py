"""p3m: privacy-preserving portrait matting."""
