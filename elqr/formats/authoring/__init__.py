"""Authoring (様式づくり): drafts of specs from samples, and remarks on specs that a city wrote."""
