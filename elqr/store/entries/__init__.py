"""Entries (記帳): what nights and people write, and what each link of the chain says about it."""
