"""A frame (表) of a few rows: what they say under the declared names, and nothing else."""

from collections.abc import Mapping

import polars as pl

from elqr.vocabulary.frames import Frame


def frame_of(kind: type[Frame], *rows: Mapping[str, object], **more: pl.DataType | type[pl.DataType]) -> pl.DataFrame:
    """Rows as a declared frame, null where they say nothing; `more` columns stand after the declared ones."""
    schema = {**kind.SCHEMA, **more}
    for row in rows:
        assert row.keys() <= schema.keys(), f"{kind.__name__} has no {row.keys() - schema.keys()}"
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)
