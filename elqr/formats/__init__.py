"""Formats (様式): bytes ↔ typed frames, for every layout that a spec in specs/ describes."""
