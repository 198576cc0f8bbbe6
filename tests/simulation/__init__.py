"""A simulated year: seeded nights of a small city, run by the program and by an independent model of the truth."""
