"""The house: imports point down, modules and functions stay small, frames and tables agree."""

import ast
import subprocess
import sys
from pathlib import Path

from elqr import frames
from elqr.store import tables
from tests.builders import ROOT

_PACKAGE = ROOT / "elqr"

# A module may import modules of the floors below its own. Within a floor only what stands here may be imported.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("terms", "checkdigit", "pseudonym", "person", "limits", "handed_out", "plain_number", "visible", "signature"),
    ("errors", "codes", "frames", "fiscal", "business_day", "meanings"),
    (
        "code_texts",
        "page_frames",
        "money_frames",
        "arrival_frames",
        "export_frames",
        "identity",
        "written",
        "lookup",
        "whole_year",
        "notice_frames",
    ),
    ("findings", "clock", "contract", "repeats", "operators"),
    ("formats", "issue"),
    ("printing", "sieve"),
    (
        "checks",
        "matching",
        "arrivals",
        "deposits",
        "offsets",
        "pairing",
        "settlement",
        "ledger",
        "tally",
        "in_hand",
        "notices",
        "refused",
        "instalments",
        "procedures",
        "suggestions",
        "alarms",
        "ruling",
        "reversal",
        "together",
        "droppings",
        "withdrawal",
        "reduction",
        "inbox",
        "journal",
        "release",
        "collection",
        "handover",
    ),
    ("job", "partition", "intake", "inspection", "synthetic", "printed_folder", "originals", "engine"),
    ("report", "store", "comparison", "masking", "ledger_mark"),
    ("remittance",),
    ("night",),
    ("delivery", "four_eyes"),
    ("run",),
    ("risks", "waiting"),
    (
        "press",
        "dispatch",
        "review",
        "export",
        "month",
        "year",
        "difference",
        "arrears",
        "held",
        "retraction",
        "give_up",
        "backup",
        "verification",
        "cluster",
        "belonging",
        "succession",
    ),
    ("drawing",),
    ("edge",),
    ("doctor", "replay"),
    ("cli",),
    ("__main__",),
)
_ONLY_IN = {
    "click": {"cli"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "psycopg": {"store"},
    "segno": {"issue"},
    "jinja2": {"report"},
    "filelock": {"edge"},
    "xlsxwriter": {"report"},
    "python_calamine": {"report"},
    "pikepdf": {"printing"},
    "fontTools": {"printing"},
    "barcode": {"printing"},
    "pypdfium2": {"printing"},
    "zxingcpp": {"printing"},
    "PIL": {"printing"},
    "pyspark": {"engine"},
    "py4j": {"engine"},
}
_SIBLINGS = {
    ("settlement", "offsets"),
    ("settlement", "pairing"),
    ("ruling", "withdrawal"),
    ("reduction", "withdrawal"),
    ("ruling", "reversal"),
    ("verification", "difference"),
    ("verification", "give_up"),
    ("verification", "arrears"),
    ("verification", "held"),
    ("issue", "findings"),
    ("notices", "instalments"),
    ("store", "notices"),
    ("handover", "inbox"),
    ("inbox", "droppings"),
    ("verification", "month"),
    ("verification", "belonging"),
    ("verification", "retraction"),
    ("succession", "belonging"),
}
MOST_MODULE_LINES, MOST_FUNCTION_LINES = 400, 60


def _modules() -> dict[Path, ast.Module]:
    found = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(_PACKAGE.rglob("*.py"))}
    assert len(found) > 40
    return found


def _room(path: Path) -> str:
    return path.relative_to(_PACKAGE).parts[0].removesuffix(".py")


def _imports(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, "imports are absolute"
            names |= {f"{node.module}.{alias.name}" if node.module == "elqr" else node.module for alias in node.names}
    return names


def test_imports_point_down() -> None:
    floor = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    seen = 0
    for path, tree in _modules().items():
        room = _room(path)
        if room == "__init__":
            continue
        assert room in floor, f"{path.name} has no place in the house: add it to FLOORS"
        for name in _imports(tree):
            parts = name.split(".")
            if parts[0] != "elqr" or parts[1:2] in ([], ["__version__"]) or parts[1] == room:
                continue
            seen += 1
            assert floor[parts[1]] < floor[room] or (room, parts[1]) in _SIBLINGS, f"{path.name} imports {name}"
    assert seen > 100


def test_libraries_stay_in_their_rooms() -> None:
    used: dict[str, set[str]] = {library: set() for library in _ONLY_IN}
    for path, tree in _modules().items():
        for library in _ONLY_IN.keys() & {name.split(".")[0] for name in _imports(tree)}:
            used[library].add(_room(path))
    assert used == _ONLY_IN


def test_the_clock_and_the_environment_belong_to_the_edge() -> None:
    clock, edge = {"clock"}, {"cli", "edge", "inbox"}
    homes = {"datetime.now": clock, "date.today": clock, "time.time": clock, "os.environ": edge}
    for path, tree in _modules().items():
        for node in ast.walk(tree):
            text = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
            assert text not in homes or _room(path) in homes[text], f"{path.name}: {text}"


def test_modules_and_functions_stay_small() -> None:
    for path, tree in _modules().items():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_MODULE_LINES, path.name
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < MOST_FUNCTION_LINES, f"{path.name}: {node.name}"


def test_every_module_and_public_function_says_what_it_is() -> None:
    for path, tree in _modules().items():
        assert ast.get_docstring(tree), path.name
        for node in tree.body:
            if (
                isinstance(node, ast.FunctionDef | ast.ClassDef)
                and not node.name.startswith("_")
                and _room(path) != "cli"
            ):
                assert ast.get_docstring(node), f"{path.name}: {node.name}"


def test_frames_and_tables_agree() -> None:
    pairs = {
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
    for name, frame in pairs.items():
        columns = {column.name for column in tables.claim.metadata.tables[name].columns}
        assert set(frame.SCHEMA) <= columns, name
        if name != "posting":
            assert columns == set(frame.SCHEMA), name


def test_the_top_level_holds_nothing_else() -> None:
    allowed = {
        "elqr",
        "specs",
        "samples",
        "jobs",
        "tests",
        "pyproject.toml",
        "README.md",
        "var",
        "wheels",
        "build",
        "dist",
    }
    assert {path.name for path in ROOT.iterdir() if not path.name.startswith(".")} <= allowed


def test_the_commands_are_there_before_the_libraries_that_would_keep_ctrl_c_from_a_prompt() -> None:
    loaded = "import sys, elqr.cli; print('polars' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
