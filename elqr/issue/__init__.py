"""Issuing (発行): notice → keys → payload → symbol."""
