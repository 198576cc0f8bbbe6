"""Entries (記帳): what a night and people write, and what each link of the chain says of it."""
