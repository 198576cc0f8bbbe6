"""Nights as one would do them without elqr, each way a module; `nights` runs them beside elqr's own."""
