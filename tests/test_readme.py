"""README against the code: generated blocks, commands, and the layout it describes."""

import re

from elqr.session.job import City, Export, Inbox, Issue, Job, Notices, Print, Store, Thresholds
from elqr.vocabulary.terms import ExitCode
from tests.builders import ROOT, elqr
from tests.readme import BLOCKS, FILES, filled

_README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_generated_blocks_are_what_the_code_says() -> None:
    texts = [path.read_text(encoding="utf-8") for path in FILES]
    assert {name for text in texts for name in BLOCKS if f"<!-- {name} -->" in text} == set(BLOCKS)
    for path, text in zip(FILES, texts, strict=True):
        assert filled(text) == text, f"{path.name}: run python -m tests.readme"


def test_the_first_two_commands_are_the_two_commands() -> None:
    commands = re.findall(r"^\./\S+", _README, flags=re.MULTILINE)
    assert commands[:2] == ["./jobs/nightly", "./tests/run"]
    for command in commands[:2]:
        assert (ROOT / command).stat().st_mode & 0o111


def test_every_command_named_exists() -> None:
    named = set(re.findall(r"`elqr ((?:[a-z][a-z-]*[a-z] ?){1,2})", _README))
    assert len(named) >= 10
    for command in named:
        assert elqr(*command.split(), "--help").code == 0, command


def test_every_path_named_exists() -> None:
    texts = _README + (ROOT / "elqr" / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:elqr|specs|jobs|samples|tests)/[\w./-]*)`", texts))
    assert len(named) >= 60
    for path in named:
        assert (ROOT / path).exists(), path


def test_the_schedulers_readme_knows_every_exit_code() -> None:
    text = (ROOT / "jobs" / "README.md").read_text(encoding="utf-8")
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", text, flags=re.MULTILINE)] == [
        code.value for code in ExitCode
    ]


def test_the_jobs_readme_names_every_setting() -> None:
    text = (ROOT / "jobs" / "README.md").read_text(encoding="utf-8")
    models = (Job, City, Store, Issue, Notices, Inbox, Print, Export, Thresholds)
    names = {field.alias or name for model in models for name, field in model.model_fields.items()}
    assert len(names) > 20
    for name in names - {"city", "store", "print"}:
        assert f"`{name}`" in text or f"[{name}]" in text, name
