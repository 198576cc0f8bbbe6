"""The setup (やり方): the files by which a session works, read and checked before anything is touched."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from elqr.formats.spec import Spec
from elqr.formats.spec_files import read_spec
from elqr.rules.register import Register
from elqr.rules.settlement_rules import Rules
from elqr.session.configuration import calendar_for, check_specs, read_register, specs_for
from elqr.session.job import Job, configuration_hash, read_secret
from elqr.vocabulary.errors import BadFile


@dataclass(frozen=True, slots=True)
class Setup:
    """やり方: a job, its register and specs, its contracts and calendar, and the secret of the 確認番号.

    `configuration` is the hash of the job and the register, for the run's record.
    """

    job: Job
    register: Register
    specs: Mapping[str, Spec]
    rules: Rules
    secret: bytes
    configuration: str


def read_setup(path: Path, job: Job, environment: Mapping[str, str], spec_files: tuple[Path, ...] = ()) -> Setup:
    """やり方を読む: everything that the job at a path names. `spec_files` replace its specs of the same name.

    Raises NotFound, BadFile.
    """
    register, specs = read_register(job.register_file), specs_for(job)
    for file in spec_files:
        spec = read_spec(file, {name: part for name, part in specs.items() if part.purpose == "part"})
        if not any(spec.name in box.specs for box in job.inbox):
            raise BadFile(
                f"様式 {file} の名前 {spec.name} は、ジョブのどの [[inbox]] にもありません。"
                "name を、入れ替える様式と同じにしてください。"
            )
        specs[spec.name] = spec
    check_specs(job, specs, path)
    if register.by_file and not any(specs[name].claim for box in job.claims for name in box.specs):
        raise BadFile(
            f'手続台帳 {job.register_file} の {"・".join(sorted(register.by_file))} は claims = "file" ですが、'
            f"ジョブ {path} に調定データの受信箱がありません。[[claims]] に path と specs を書いてください。"
        )
    if lost := sorted(job.arrears.procedures.keys() - register.names.keys()):
        raise BadFile(
            f"ジョブ {path} の [arrears.procedures] の {'・'.join(lost)} は、手続台帳 {job.register_file} の手続に"
            "ありません。手続コードを確かめてください。"
        )
    if lost := sorted(set(job.reports.departments or ()) - set(register.departments)):
        raise BadFile(
            f"ジョブ {path} の [reports] departments の {'・'.join(lost)} は、手続台帳 {job.register_file} の所管課に"
            f"ありません。所管課は {'・'.join(register.departments)} です。"
        )
    secret = read_secret(job, environment)
    rules = Rules(job.settlement, job.arrival, calendar_for(job), job.accounting)
    return Setup(job, register, specs, rules, secret, configuration_hash(path, job.register_file))
