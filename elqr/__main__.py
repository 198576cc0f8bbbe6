"""`python -m elqr`."""

from elqr.cli import program

program()
