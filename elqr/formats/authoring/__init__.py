"""Authoring (様式づくり): drafts of a spec from samples, what is wrong with one, and how it is shown."""
