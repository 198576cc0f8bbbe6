"""`python -m elqr`."""

from elqr.cli import main

main()
