"""How SQLite goes about a question: watched through the whole suite, because a small ledger hides a bad plan.

A question about tonight's rows begins with them. Otherwise it would cost tonight's rows times those of the ledger.
"""

import re
from itertools import takewhile
from typing import Any

_ASKED = re.compile(r"^(SCAN|SEARCH) (staged|asked)\b")
_OF_TONIGHT = re.compile(r"\bFROM staged\b")
_KNOWN: set[str] = set()
_LOOP = re.compile(r"^(SCAN|SEARCH) \w+")

Step = tuple[int, int, int, str]
"""A row of EXPLAIN QUERY PLAN: its number, that of what it is in, nothing, and what is done."""


def begins_with_what_is_asked(
    connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
) -> None:
    """Raises AssertionError for a question that names tonight's rows and goes through others first. Each is asked once."""
    if statement not in _KNOWN and connection.dialect.name == "sqlite" and not many and _OF_TONIGHT.search(statement):
        _KNOWN.add(statement)
        plan = plan_of(cursor, statement, parameters)
        assert not before_what_is_asked(plan), (plan, statement)


def plan_of(cursor: Any, statement: str, parameters: Any) -> list[Step]:
    """How SQLite goes about a statement."""
    found: list[Step] = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
    return found


def before_what_is_asked(plan: list[Step]) -> list[str]:
    """The loops around tonight's rows."""
    found = []
    for number, parent, _, detail in plan:
        if _ASKED.match(detail):
            beside = [row for row in plan if row[1] == parent and _LOOP.match(row[3])]
            found += [row[3] for row in takewhile(lambda row, own=number: row[0] != own, beside)]
    return found
