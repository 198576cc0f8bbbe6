"""The documents against the code: generated blocks, links, commands with their options, paths, settings."""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from elqr import __version__
from elqr.cli import cli
from elqr.session.job import City, Desk, Export, Inbox, Issue, Job, Notices, Print, Store, Thresholds
from elqr.vocabulary.terms import ExitCode
from tests.builders import ROOT
from tests.readme import BLOCKS, FILES, filled

_FOLDERS = (".github", "elqr", "jobs", "samples", "specs", "tests")
_DOCUMENTS = sorted([*ROOT.glob("*.md"), *(path for folder in _FOLDERS for path in (ROOT / folder).rglob("*.md"))])
_TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in _DOCUMENTS}
_README, _FOR_OPERATORS, _FOR_STAFF = (_TEXTS[name] for name in ("README.md", "jobs/README.md", "jobs/staff.md"))
_MOST_LINES = 200
"""Of the first page: it is read in ten minutes, and says where the rest is."""

_WORD = r"[a-z][a-z-]*"
_SHELL = re.compile(r"^```(?:sh|ini|cron|bat)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_the_generated_blocks_are_what_the_code_says() -> None:
    assert {path.relative_to(ROOT).as_posix() for path in FILES} == {
        name for name, text in _TEXTS.items() if _marks(text)
    }
    for name, text in _TEXTS.items():
        assert filled(text) == text, f"{name}: run python -m tests.readme"


def test_every_block_stands_in_one_document() -> None:
    """A fact that is told twice is wrong once; and what is no longer made must not look as if it were."""
    assert sorted(mark for text in _TEXTS.values() for mark in _marks(text)) == sorted(BLOCKS)


def _marks(text: str) -> list[str]:
    return re.findall(r"^<!-- (\w+) -->$", text, flags=re.MULTILINE)


def test_the_first_page_is_short() -> None:
    assert len(_README.splitlines()) <= _MOST_LINES


def test_the_first_two_commands_are_the_two_commands() -> None:
    commands = re.findall(r"^\./\S+", _README, flags=re.MULTILINE)
    assert commands[:2] == ["./jobs/nightly", "./tests/run"]
    for command in commands[:2]:
        assert (ROOT / command).stat().st_mode & 0o111


def test_every_document_is_reached_from_the_first_page() -> None:
    reached, waiting = set(), ["README.md"]
    while waiting:
        name = waiting.pop()
        if name in _TEXTS and name not in reached:
            reached.add(name)
            waiting += [path.relative_to(ROOT).as_posix() for path, _ in _links(name) if path.is_relative_to(ROOT)]
    assert reached == set(_TEXTS)


@pytest.mark.parametrize("name", _TEXTS)
def test_every_link_leads_somewhere(name: str) -> None:
    for path, anchor in _links(name):
        assert path.exists(), path
        if anchor:
            assert anchor in _anchors(path.read_text(encoding="utf-8")), f"{path.name}#{anchor}"


def _links(name: str) -> Iterator[tuple[Path, str]]:
    """Relative links of a document: where each leads, and to which heading."""
    prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", _TEXTS[name], flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            home = ROOT / name
            yield (home.parent / path).resolve() if path else home, anchor


def _anchors(text: str) -> set[str]:
    """Of the headings, as GitHub makes them: small letters, without punctuation, hyphens for blanks."""
    titles = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def test_anchors_are_those_of_github() -> None:
    text = (
        "# 一台で足りない夜（クラスタ）\n```sh\n# 注\n```\n## cron（systemd のない Linux）\n### `elqr` と a_b-c・版\n"
    )
    assert _anchors(text) == {"一台で足りない夜クラスタ", "cronsystemd-のない-linux", "elqr-と-a_b-c版"}


def test_commands_are_seen_where_they_stand() -> None:
    typed = "sudo -u elqr /opt/elqr/.venv/bin/elqr verify   # elqr の検算\nuseradd --home-dir /opt/elqr elqr\n"
    assert _commands(f"`elqr night JOB` と elqr kpi\n```sh\n{typed}```\n") == ["night JOB", "verify"]


def test_every_command_named_exists_with_its_options() -> None:
    """In running text as a code span, and in the blocks that are typed."""
    named = [(name, command) for name, text in _TEXTS.items() for command in _commands(text)]
    assert len(named) >= 150 and {name for name, _ in named} >= {"README.md", "jobs/README.md", "specs/README.md"}
    for name, command in named:
        found, given = _found(command)
        is_complete = not isinstance(found[-1], click.Group) or given.startswith("-") or not given
        assert is_complete, f"{name}: elqr {command}"
        options = {option for own in found for parameter in own.params for option in parameter.opts} | {"--help"}
        for option in re.findall(rf"(?<![\w-])--?{_WORD}", given):
            assert option in options, f"{name}: elqr {command}: {option}"


def test_every_command_is_told_to_the_operators() -> None:
    """Except how a request is refused, which is said once of all."""
    told = [_found(command)[0][-1] for command in _commands(_FOR_OPERATORS)]
    assert [name for name, command in _leaves(cli) if command not in told and not name.endswith(" reject")] == []


def test_staff_are_shown_no_shell() -> None:
    assert not _SHELL.search(_FOR_STAFF) and not _commands(_FOR_STAFF)


def _commands(text: str) -> list[str]:
    """What follows `elqr` where it is a command: in a code span, or in a line that is typed."""
    spans = re.findall(rf"`(?:\.venv/bin/)?elqr ({_WORD}[^`\n]*)`", _SHELL.sub("", text))
    lines = [line.split(" #")[0] for block in _SHELL.findall(text) for line in block.splitlines()]
    typed = [
        found[1] for line in lines if (found := re.match(rf"(?:.*[ /])?elqr (?!elqr)({_WORD}(?: .*)?)$", line.rstrip()))
    ]
    return [*spans, *typed]


def _found(command: str) -> tuple[list[click.Command], str]:
    """The command of the tree that is named, after its groups; and what it is given."""
    found: list[click.Command] = [cli]
    words = command.split()
    while words and isinstance(group := found[-1], click.Group) and words[0] in group.commands:
        found.append(group.commands[words.pop(0)])
    return found, " ".join(words)


def _leaves(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, own in group.commands.items():
        if isinstance(own, click.Group):
            yield from _leaves(own, f"{above}{name} ")
        else:
            yield f"{above}{name}", own


def test_every_path_named_exists() -> None:
    named = [
        (name, path)
        for name, text in _TEXTS.items()
        for path in re.findall(r"`((?:elqr|specs|jobs|samples|tests)/[\w./-]*)`", text)
    ]
    assert len({path for _, path in named}) >= 60
    for name, path in named:
        assert (ROOT / path).exists(), f"{name}: {path}"


def test_every_program_of_the_tests_named_exists() -> None:
    named = {module for text in _TEXTS.values() for module in re.findall(r"python -m (tests[\w.]*)", text)}
    assert len(named) >= 8
    assert [module for module in named if find_spec(module) is None] == []


def test_the_operators_readme_knows_every_exit_code() -> None:
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", _FOR_OPERATORS, flags=re.MULTILINE)] == [
        code.value for code in ExitCode
    ]


def test_the_operators_readme_names_every_setting() -> None:
    models = (Job, City, Store, Issue, Notices, Inbox, Print, Export, Thresholds, Desk)
    names = {field.alias or name for model in models for name, field in model.model_fields.items()}
    assert len(names) > 20
    for name in names - {"city", "store", "print"}:
        assert f"`{name}`" in _FOR_OPERATORS or f"[{name}]" in _FOR_OPERATORS, name


def test_the_version_is_the_newest_that_says_what_changed() -> None:
    first = re.search(r"^## (\S+?)（(\d{4}-\d{2}-\d{2})）$", _TEXTS["elqr/CHANGELOG.md"], flags=re.MULTILINE)
    assert first is not None and first[1] == __version__
