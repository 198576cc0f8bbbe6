"""The house: imports point down, what reaches outside has its place, modules and functions stay small.

Every table of places is held to the letter: what is missing from it fails, and so does what nothing needs any more.
"""

import ast
import re
import sqlite3
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from elqr.store.ledger_file import open_ledger
from elqr.vocabulary import frames
from tests.builders import ROOT
from tests.house import HOUSE

_PACKAGE = ROOT / "elqr"

_LIBRARIES = {
    "click": {"cli"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "psycopg": {"store"},
    "segno": {"issue"},
    "jinja2": {"report", "desk"},
    "markupsafe": {"report"},
    "flask": {"desk"},
    "flask_wtf": {"desk"},
    "werkzeug": {"desk"},
    "waitress": {"desk"},
    "argon2": {"desk"},
    "filelock": {"session"},
    "xlsxwriter": {"report"},
    "python_calamine": {"formats"},
    "pikepdf": {"printing"},
    "fontTools": {"printing"},
    "barcode": {"printing"},
    "pypdfium2": {"printing"},
    "zxingcpp": {"printing"},
    "PIL": {"printing"},
    "pyspark": {"night"},
    "py4j": {"night"},
}
"""Library → the only rooms that know it."""

_CLOCKS = {"now", "today", "utcnow", "fromtimestamp", "time_ns", "localtime", "gmtime", "strftime", "ctime"}
_ASKS_THE_TIME = {"session.clock"}

_DRAWS_BY_LOT = {"cli.file", "cli.init", "desk.passwords", "store.queries.ledger_identity"}
"""The key of a masked copy and of a new city, one-time passwords and sessions of the desk, and the id of a ledger."""

_READS_THE_ENVIRONMENT = {
    "cli",
    "cli.desk",
    "cli.doctor",
    "cli.replay",
    "cli.terminal",
    "night.opening",
    "session.configuration",
    "session.login",
}

_FILE_VERBS = {
    "open", "fdopen", "read_bytes", "read_text", "write_bytes", "write_text", "mkdir", "makedirs", "touch", "unlink",
    "rmdir", "iterdir", "glob", "rglob", "scandir", "listdir", "walk", "fsync", "symlink_to", "hardlink_to", "chmod",
    "mkstemp", "mkdtemp", "TemporaryDirectory", "NamedTemporaryFile", "rmtree", "copyfile", "copytree", "copy2",
}  # fmt: skip
_OPENS_FILES = {
    "disk.archive", "disk.atomic_write", "disk.content", "disk.inbox", "disk.inbox_filter",
    "disk.new_files",
    "session.ledger_access", "session.ledger_belonging", "session.ledger_traces", "session.login",
    "approvals.reminder_list", "audit.backup", "night.cluster", "audit.doctor", "night.morning",
    "formats.spec_files", "handover.manifest", "handover.print_batch", "handover.printed_folder", "night.upload", "approvals.ledger_succession",
    "audit.verification.anchor", "audit.verification.handed", "audit.verification.sources", "audit.verification.unsealed",
    "printing.document", "printing.template", "printing.typeface",  # a PDF by its library, templates, fonts
    "printing.picture_file", "printing.picture_reader",  # pictures in memory, by their library
    "formats.package", "report.early_files", "report.excel.workbook", "report.page.document",  # parts of a package, and of a workbook
    "store.ledger_file", "store.db.sqlite", "store.desk.database",  # the ledger's own file
}  # fmt: skip
MOST_MODULE_LINES, MOST_FUNCTION_LINES, MOST_PARAMETERS = 400, 60, 5
MANY_PARAMETERS = {
    "each is a cell of one row": {
        "report.tables.case_file._event": 7,
        "synthetic.events.event": 9,
        "synthetic.register._levy": 11,
    },
    "each is a part of one document": {
        "handover.print_batch.print_specimen": 6,
        "printing.preflight.preflight": 6,
        "report.excel.worksheet.colour_verdicts": 6,
        "report.months.monthly": 6,
    },
    "each is a word of one finding": {
        "audit.verification.audit.mismatch": 6,
        "formats.authoring.lint_references.check_reference": 6,
        "formats.framing._refuse": 7,
        "formats.uneven_records._refuse": 6,
    },
    "frames of a shape of their own that are held against each other": {
        "audit.verification.audit.compare_rows": 6,
        "audit.verification.money.deposits": 6,
        "audit.verification.rows._check_seals": 6,
        "rules.night_result.of": 6,
        "store.entries.night.enter_decisions": 6,
        "store.staging.enter_decided": 6,
    },
    "a file, how it is read, and the day": {
        "formats.authoring.sample_csv._draft_of": 6,
        "formats.decode._fixed_columns": 6,
        "formats.framing._cut": 6,
        "formats.intake.comparison.compare": 6,
        "formats.intake.delivered_file.judge_large_file": 6,
        "formats.intake.masking.mask_file": 6,
        "synthetic.generate": 6,
    },
}
"""Functions that still take more, by the reason: the list only shrinks."""

SAYS_NOTHING = {"own", "found", "made", "said"}
"""Names that need their line to be understood: no local bears one."""


@cache
def _modules() -> dict[str, ast.Module]:
    """Every module by its name below the package; a room's own is that of the room."""
    found = {_name(path): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(_PACKAGE.rglob("*.py"))}
    assert len(found) > 250
    return found


@cache
def _nodes(module: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(_modules()[module]))


def _name(path: Path) -> str:
    parts = path.relative_to(_PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _file(module: str) -> Path:
    path = _PACKAGE.joinpath(*module.split(".")) if module else _PACKAGE
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _room(module: str) -> str:
    return module.partition(".")[0]


def _imported(module: str) -> Iterator[str]:
    """Full names of what is imported: of a name from a module, the module and the name."""
    for node in _nodes(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _of_the_house(module: str) -> set[str]:
    """Modules of the package that are imported."""
    names = {name.removeprefix("elqr.") for name in _imported(module) if name.startswith("elqr.")}
    return {name if name in _modules() else name.rpartition(".")[0] for name in names}


def _listed() -> list[str]:
    """The modules of the house, from the ground up."""
    return [
        ".".join(part for part in (room, module) if part and part != "__init__")
        for room, modules in HOUSE
        for module in modules.split()
    ]


def test_every_module_has_its_place_in_the_house() -> None:
    assert sorted(_listed()) == sorted(module for module in _modules() if module)


def test_imports_point_down_between_rooms_and_inside_them() -> None:
    floor = {module: number for number, module in enumerate(_listed(), start=1)} | {"": 0}
    arrows = [(module, below) for module in _modules() for below in _of_the_house(module)]
    assert len(arrows) > 1_000
    assert [(module, below) for module, below in arrows if floor[module] <= floor[below]] == []


def test_a_library_is_known_to_its_rooms_alone() -> None:
    used = defaultdict[str, set[str]](set)
    for module in _modules():
        for name in _imported(module):
            used[name.partition(".")[0]].add(_room(module))
    assert {library: used[library] for library in _LIBRARIES} == _LIBRARIES
    foreign = used.keys() - _LIBRARIES.keys() - sys.stdlib_module_names - {"elqr", "polars", "pydantic", "numpy"}
    assert foreign == set(), "a library has its room, or every room may use it"


def _who(does: set[str], *libraries: str) -> set[str]:
    """Modules that name one of these, of whatever object, or that import one of the libraries."""
    found = set()
    for module in _modules():
        names = {node.attr for node in _nodes(module) if isinstance(node, ast.Attribute)}
        names |= {node.id for node in _nodes(module) if isinstance(node, ast.Name)}
        imported = set(_imported(module))
        names |= {name.rpartition(".")[2] for name in imported if not name.startswith("elqr.")}
        if names & does or any(name.partition(".")[0] in libraries for name in imported):
            found.add(module)
    return found


def test_one_module_asks_the_time() -> None:
    asked = set()
    for module in _modules():
        assert "time" not in {name.partition(".")[0] for name in _imported(module)}, module
        for node in _nodes(module):
            of_ours = isinstance(node, ast.Attribute) and ast.unparse(node.value) == "clock"
            if isinstance(node, ast.Attribute) and node.attr in _CLOCKS and not of_ours:
                asked.add(module)
    assert asked == _ASKS_THE_TIME


def test_chance_and_the_environment_have_their_places() -> None:
    assert _who(set(), "secrets", "random", "uuid", "tempfile") | _who({"urandom"}) == _DRAWS_BY_LOT
    assert _who({"environ", "environb", "getenv", "putenv"}) == _READS_THE_ENVIRONMENT


def test_files_are_opened_in_their_places() -> None:
    opening = set()
    for module in _modules():
        calls = [node.func for node in _nodes(module) if isinstance(node, ast.Call)]
        names = {call.attr for call in calls if isinstance(call, ast.Attribute)}
        if names & _FILE_VERBS or any(isinstance(call, ast.Name) and call.id == "open" for call in calls):
            opening.add(module)
    assert opening == _OPENS_FILES


def test_columns_come_out_of_the_ledger_by_name_alone() -> None:
    """What knows no names is asked by the one module that compares them (tests/store/test_bulk.py)."""
    assert _who({"read_columns"}) == {"store.db.bulk", "store.db.database"}


_VERBS = {
    "select", "with_columns", "filter", "group_by", "agg", "sort", "sort_by", "drop", "over", "unique", "drop_nulls",
    "partition_by", "explode", "unnest", "rename", "alias", "then", "otherwise", "when", "exclude", "with_row_index",
}  # fmt: skip
_OF_POLARS = {
    "col", "sum", "max", "min", "first", "last", "coalesce", "struct", "concat_str", "format", "when", "exclude",
    "min_horizontal", "max_horizontal", "sum_horizontal", "any_horizontal", "all_horizontal", "arg_sort_by",
}  # fmt: skip
_KEYWORDS = {"on", "left_on", "right_on", "order_by", "subset", "index"}
_OF_A_SERIES = {
    "sum", "max", "min", "to_list", "unique", "n_unique", "null_count", "is_null", "is_not_null", "is_in", "eq",
    "implode", "head", "cast", "drop_nulls", "is_duplicated", "filter",
}  # fmt: skip
"""Where a text names a column; what takes other texts too, as a dictionary does, is not looked at."""

_NAMES_OF_FIELDS = {"handover.collection_history", "printing.wording", "synthetic.files"}
"""Where files and slips are written: a spec or a template names fields there, some as a frame names a column."""


def _declared_columns() -> set[str]:
    """Texts of the columns of every public frame."""
    declared = set()
    for module in _modules():
        for node in _nodes(module):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                values = [line.value for line in node.body if isinstance(line, ast.Assign)]
                calls = [
                    value for value in values if isinstance(value, ast.Call) and ast.unparse(value.func) == "Column"
                ]
                declared |= {str(ast.literal_eval(call.args[0])) for call in calls}
    assert len(declared) > 200
    return declared


def _texts(nodes: Iterable[ast.AST | None]) -> Iterator[str]:
    """Texts among arguments, and in lists of them."""
    for node in nodes:
        if isinstance(node, ast.Starred):
            yield from _texts([node.value])
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            yield from _texts(node.elts)
        elif isinstance(node, ast.Dict):
            yield from _texts([*node.keys, *node.values])
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _column_texts(module: str) -> Iterator[str]:
    """Texts that name columns: in a call of polars, or behind a frame whose column is asked for something."""
    for node in _nodes(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            is_polars = isinstance(node.func.value, ast.Name) and node.func.value.id == "pl"
            if node.func.attr in (_OF_POLARS if is_polars else _VERBS):
                yield from _texts(node.args)
            yield from _texts(keyword.value for keyword in node.keywords if keyword.arg in _KEYWORDS)
        elif isinstance(node, ast.Attribute) and node.attr in _OF_A_SERIES and isinstance(node.value, ast.Subscript):
            yield from _texts([node.value.slice])


def test_declared_columns_are_spelt_through_their_declaration() -> None:
    declared = _declared_columns()
    spelt = Counter(
        module
        for module in _modules()
        if module not in _NAMES_OF_FIELDS
        for text in _column_texts(module)
        if text in declared
    )
    assert not spelt
    for module in _NAMES_OF_FIELDS:
        assert declared & set(_column_texts(module)), f"{module} names no field as a column is named"


def test_modules_and_functions_stay_small() -> None:
    for module in _modules():
        assert len(_file(module).read_text(encoding="utf-8").splitlines()) <= MOST_MODULE_LINES, module
        for node in _nodes(module):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < MOST_FUNCTION_LINES, f"{module}: {node.name}"


def test_functions_take_few_parameters() -> None:
    """Of commands each option is one; click gives them by name."""
    many = {}
    for module in _modules():
        for node in _nodes(module):
            if isinstance(node, ast.FunctionDef) and _room(module) != "cli":
                names = [own.arg for own in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
                if len(given := [name for name in names if name not in ("self", "cls")]) > MOST_PARAMETERS:
                    many[f"{module}.{node.name}"] = len(given)
    assert many == {name: count for listed in MANY_PARAMETERS.values() for name, count in listed.items()}


def test_locals_say_what_they_hold() -> None:
    bound = set()
    for module in _modules():
        for function in (node for node in _nodes(module) if isinstance(node, ast.FunctionDef)):
            for node in ast.walk(function):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in SAYS_NOTHING:
                    bound.add(f"{module}.{function.name}: {node.id}")
    assert not bound


def test_every_module_and_public_function_says_what_it_is() -> None:
    for module, tree in _modules().items():
        assert ast.get_docstring(tree), module
        for node in tree.body:
            is_public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if is_public and _room(module) != "cli":
                says = ast.get_docstring(node) or ""
                assert re.search("[A-Za-z]{2}", says), f"{module}: {node.name} says {says!r}, and nothing in English"


_KINDS = {pl.Int64: "INTEGER", pl.Boolean: "INTEGER", pl.String: "TEXT", pl.Date: "TEXT"}
_FRAMES = {
    "claim": frames.Claim,
    "notice": frames.Notice,
    "notice_claim": frames.NoticeClaim,
    "notice_key": frames.NoticeKey,
    "payload": frames.Payload,
    "payment": frames.Payment,
    "payment_identity": frames.Known,
    "decision": frames.Decision,
    "posting": frames.Posting,
    "suggestion": frames.Suggestion,
    "print_notice": frames.PrintNotice,
}

_ENTERED = {
    "posting_no": "INTEGER",
    "reverses_no": "INTEGER",
    "night_on": "TEXT",
    "decided_by": "TEXT",
    "reason": "TEXT",
}
"""Columns of a posting that it has from being entered."""


@pytest.mark.ledger_file
def test_frames_are_the_tables_of_the_oldest_ledger_brought_up(tmp_path: Path) -> None:
    """What the migrations say by hand, not what the tables were made from."""
    path = tmp_path / "ledger.db"
    with sqlite3.connect(path) as ledger:
        ledger.executescript((ROOT / "tests" / "golden" / "ledgers" / "v1.sql").read_text(encoding="utf-8"))
    with open_ledger(f"sqlite:///{path}"):
        pass
    with sqlite3.connect(path) as ledger:
        for name, frame in _FRAMES.items():
            there = {column: kind for _, column, kind, *_ in ledger.execute(f"PRAGMA table_info({name})")}
            more = _ENTERED if name == "posting" else {}
            assert there == {column: _KINDS[kind] for column, kind in frame.SCHEMA.items()} | more, name


def test_no_test_lives_on_another() -> None:
    """What two of them need stands in tests/cases, or is a builder."""
    imported = Counter[str]()
    for path in (ROOT / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
            else:
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            ours = [name for name in names if name.startswith("tests")]
            imported.update(ours)
            borrowed = [name for name in ours if ".test_" in name]
            assert not borrowed, f"{path}: {borrowed}"
    assert imported["tests.builders"] > 60 and any(name.startswith("tests.cases.") for name in imported)


def test_tests_stand_in_the_rooms_of_what_they_test() -> None:
    """Those of the project itself stand above the rooms."""
    folders = {path.parent.relative_to(ROOT / "tests").as_posix() for path in (ROOT / "tests").rglob("test_*.py")}
    assert folders <= {".", *(room for room, _ in HOUSE)} and len(folders) > 12


def test_the_top_level_holds_nothing_else() -> None:
    checkout = {"elqr", "specs", "samples", "jobs", "tests", "pyproject.toml", "README.md"}
    made_here = {"var", "wheels", "build", "dist"}
    there = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert checkout <= there <= checkout | made_here


def test_the_commands_are_there_before_the_libraries_that_would_keep_ctrl_c_from_a_prompt() -> None:
    loaded = "import sys, elqr.cli; print('polars' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
