"""The shape of a server's ledger (サーバーの台帳の作り): tables, columns, indexes and guards, as we declared them.

A file keeps the text of each definition; a server keeps its own form of it. So every object is read back and compared
with our declaration, and objects that we did not declare are reported too.
"""

import re
from collections import Counter
from collections.abc import Iterator

from sqlalchemy import CheckConstraint, Connection, ForeignKeyConstraint, UniqueConstraint

from elqr.store.db.schema import GUARDS, metadata

_SCHEMA = "current_schema()::regnamespace"
_TRIGGERS = f"""SELECT c.relname, t.tgname, t.tgenabled, pg_get_triggerdef(t.oid), p.proname, p.prosrc
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND c.relnamespace = {_SCHEMA} ORDER BY 1, 2"""
_INDEXES = f"""SELECT c.relname, x.indisunique, x.indisvalid, x.indpred IS NOT NULL, ARRAY(
        SELECT a.attname::text FROM unnest(x.indkey) WITH ORDINALITY AS k(no, place)
        JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.no ORDER BY k.place)
    FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid WHERE c.relnamespace = {_SCHEMA}"""
_CONSTRAINTS = f"""SELECT c.relname, o.contype::text, count(*)
    FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
    WHERE c.relnamespace = {_SCHEMA} AND o.convalidated GROUP BY 1, 2"""
_COLUMNS = """SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'YES'
    FROM information_schema.columns WHERE table_schema = current_schema()"""
_OTHERS = f"""SELECT 'ルール ' || rulename FROM pg_rules WHERE schemaname = current_schema()
    UNION ALL SELECT 'ビュー ' || relname FROM pg_class WHERE relnamespace = {_SCHEMA} AND relkind IN ('v', 'm')"""

_TRIGGER = re.compile(
    r"CREATE TRIGGER (\S+) (BEFORE|AFTER) (.+?) ON (?:\w+\.)?(\w+) (?:REFERENCING (.+?) )?"
    r"(?:FOR EACH (STATEMENT|ROW) )?(?:WHEN (.+) )?EXECUTE FUNCTION (?:\w+\.)?(\w+)\(\)"
)
_FUNCTION = re.compile(r"FUNCTION (\w+)\(\).*?\$\$(.*)\$\$", re.DOTALL)
_WORKS = ("O", "A")
"""States of an enabled trigger: by default, or always."""


def shape_breaks(connection: Connection) -> Iterator[str]:
    """作りの狂い, in words."""
    yield from _trigger_breaks(connection)
    yield from _index_breaks(connection)
    yield from _table_breaks(connection)
    yield from (f"知らない{thing} があります" for thing in connection.exec_driver_sql(_OTHERS).scalars())


def _parse(trigger: str) -> tuple[object, ...] | None:
    """The parts of a trigger's definition, however it is formatted; None when it is none of ours."""
    match = _TRIGGER.fullmatch(" ".join(trigger.split()))
    if match is None:
        return None
    name, when, events, table, referencing, each, condition, function = match.groups()
    return name, when, frozenset(events.split(" OR ")), table, referencing, each or "STATEMENT", condition, function


def _trigger_breaks(connection: Connection) -> Iterator[str]:
    guards = [_parse(statement) for statement in GUARDS["postgresql"]]
    wanted = {(guard[3], guard[0]): guard for guard in guards if guard is not None}
    bodies: dict[str, str] = dict(
        (match[1], match[2]) for text in GUARDS["postgresql"] if (match := _FUNCTION.search(text))
    )
    for table, name, enabled, text, function, body in connection.exec_driver_sql(_TRIGGERS):
        guard = wanted.pop((table, name), None)
        if guard is None:
            yield f"表 {table} に知らない守り {name} があります"
        elif enabled not in _WORKS:
            yield f"表 {table} の守り {name} が止めてあります"
        elif _parse(text) != guard or bodies.get(function) != body:
            yield f"表 {table} の守り {name} の定義が違います"
    for table, name in sorted(wanted, key=str):
        yield f"表 {table} の守り {name} がありません"


def _index_breaks(connection: Connection) -> Iterator[str]:
    stored = {name: tuple(shape) for name, *shape in connection.exec_driver_sql(_INDEXES)}
    for table in metadata.sorted_tables:
        for index in table.indexes:
            is_partial = index.dialect_options["sqlite"]["where"] is not None
            declared = (int(bool(index.unique)), 1, int(is_partial), [column.name for column in index.columns])
            if index.name in stored and stored[str(index.name)] != declared:
                yield f"索引 {index.name} の定義が違います"


def _table_breaks(connection: Connection) -> Iterator[str]:
    """列と制約: names, types and nullability of columns, and the number of constraints of each kind."""
    kinds = {"TEXT": "text", "BIGINT": "bigint"}
    stored = {(table, name): (kind, bool(null)) for table, name, kind, null in connection.exec_driver_sql(_COLUMNS)}
    counts = {(table, kind): count for table, kind, count in connection.exec_driver_sql(_CONSTRAINTS)}
    for table in metadata.sorted_tables:
        for column in table.c:
            kind = kinds[str(column.type).partition(" ")[0].upper().replace("INTEGER", "BIGINT")]
            if stored.get((table.name, column.name)) != (kind, bool(column.nullable)):
                yield f"表 {table.name} の列 {column.name} の定義が違うか、ありません"
        known = set(table.c.keys())
        for name in sorted(column for owner, column in stored if owner == table.name and column not in known):
            yield f"表 {table.name} に知らない列 {name} があります"
        counted = Counter({"p": 1})
        for constraint in table.constraints:
            for letter, constraint_type in (
                ("u", UniqueConstraint),
                ("c", CheckConstraint),
                ("f", ForeignKeyConstraint),
            ):
                counted[letter] += isinstance(constraint, constraint_type)
        for letter, count in counted.items():
            if counts.get((table.name, letter), 0) != count:
                yield f"表 {table.name} の制約の数が違います（{counts.get((table.name, letter), 0)}、正 {count}）"
