"""Formats (様式): bytes ↔ typed frames, for any layout that a spec in specs/ describes."""
