"""The terminal (端末): what every command shares: Japanese help, common options, and how results are shown."""

import codecs
import io
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO, cast

import click

from elqr.arithmetic.person_name import name_fault, spelt
from elqr.session import clock
from elqr.vocabulary.errors import BadFile, CannotWrite, Refused
from elqr.vocabulary.near_names import near_names
from elqr.vocabulary.visible_text import visible, visible_lines

if TYPE_CHECKING:
    from elqr.session.ledger_access import AllowedLedger
    from elqr.session.session import Session
    from elqr.vocabulary.codes import Code
    from elqr.vocabulary.findings import Finding
    from elqr.vocabulary.signature import Signature

_HEADINGS = {"Options": "オプション", "Commands": "コマンド", "Arguments": "引数"}
_OWN_JOB, _SAMPLE_JOB = Path("nightly.toml"), Path("jobs/nightly.toml")
"""Jobs in the folder where a command is run: a city's own, as elqr init writes it, and the one of a checkout."""

_CHECKOUT = Path(__file__).parents[2]


class Formatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:  # noqa: ARG002
        super().write_usage(prog, args, "使い方: ")

    def write_heading(self, heading: str) -> None:
        super().write_heading(_HEADINGS.get(heading, heading))


class Context(click.Context):
    formatter_class = Formatter


def roles_for(command: str) -> tuple[str, ...]:
    """役割 that a command with --by needs, one of these: its name ends with what is done to a request."""
    return {"approve": ("承認",), "reject": ("申請", "承認")}.get(command.rpartition("-")[2], ("申請",))


class Command(click.Command):
    context_class = Context

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command if the person that it names may: see elqr/session/operators.py."""
        names_person = any(parameter.name == "by" and parameter.callback is person_of for parameter in self.params)
        if names_person and ctx.params.get("by") and ctx.params.get("job"):
            from elqr.session.login import admit

            admit(ctx.params["job"], ctx.params["by"], roles_for(str(self.name)))
        return super().invoke(ctx)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "この説明を表示して終わります。"
        return option


class Group(click.Group, Command):
    command_class = Command
    group_class = type


class GivenPath(click.Path):
    """パス: whoever opens it says whether it is there and readable; an empty text is no path."""

    name = "path"

    def __init__(self) -> None:
        super().__init__(readable=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Raises BadParameter for an empty one, which is mostly a variable that is not set."""
        if not str(value):
            self.fail("パスが空です。ファイルかフォルダを指定してください。", param, ctx)
        return super().convert(value, param, ctx)


GIVEN_PATH = GivenPath()


def day_of(context: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    """日付（YYYY-MM-DD）of an option."""
    if value is None:
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%d").date()
    except ValueError as error:
        raise click.BadParameter(f"日付 {value} は YYYY-MM-DD の形ではありません（例: 2026-11-20）。") from error


def past_day_of(context: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    """もう来た日 of an option, without the exception that a job for training has: no job is read."""
    day = day_of(context, parameter, value)
    if day is not None:
        clock.refuse_future(day, "日付")
    return day


def _own_job(context: click.Context, parameter: click.Parameter, value: Path | None) -> Path | None:
    """自市のジョブ: the one that is named, or that of this folder; None where there is neither."""
    is_own = _OWN_JOB.is_file() and _OWN_JOB.resolve() != _CHECKOUT / _SAMPLE_JOB
    return _OWN_JOB if value is None and is_own else value


def _job_of(context: click.Context, parameter: click.Parameter, value: Path | None) -> Path:
    return or_sample(_own_job(context, parameter, value))


def or_sample(job: Path | None) -> Path:
    """ジョブ: the city's own, or that of the samples, which is told. Whoever reads it says that there is none."""
    if job is not None:
        return job
    for sample in (_SAMPLE_JOB, _OWN_JOB):
        if sample.is_file():
            say(f"ジョブの指定（--job か環境変数 ELQR_JOB）がないので、見本の {sample.as_posix()} を使います。")
            return sample
    return _OWN_JOB


JOB_HELP = "ジョブのTOML。なければ環境変数 ELQR_JOB、今いるフォルダの nightly.toml"


def job_option(function: Any) -> Any:
    return click.option(
        "--job",
        "job",
        callback=_job_of,
        envvar="ELQR_JOB",
        type=GIVEN_PATH,
        help=f"{JOB_HELP}、写しの中では見本の {_SAMPLE_JOB.as_posix()}。",
    )(function)


def own_job_option(function: Any) -> Any:
    """ジョブ for commands that do without one: never that of the samples."""
    return click.option("--job", "job", callback=_own_job, envvar="ELQR_JOB", type=GIVEN_PATH, help=f"{JOB_HELP}。")(
        function
    )


def _given_job(context: click.Context, parameter: click.Parameter, value: Path | None) -> Path:
    if (job := _own_job(context, parameter, value)) is None:
        raise click.MissingParameter(ctx=context, param=parameter)
    return job


def job_argument(function: Any) -> Any:
    """ジョブ of a command that is written before its options: never that of the samples unless it is named."""
    return click.argument("job", callback=_given_job, envvar="ELQR_JOB", type=GIVEN_PATH, required=False)(function)


date_option = click.option(
    "--date", "day", callback=day_of, help="処理日（YYYY-MM-DD）。なければジョブの date、それもなければ今日。"
)
received_option = click.option("--date", "day", callback=past_day_of, help="受け取った日（YYYY-MM-DD）。なければ今日。")
NUMBER = click.IntRange(1, 10**15)
"""番号 of anything in the ledger; larger ones no database can look up."""
YEN = click.IntRange(0, 10**13 - 1)
"""円 as people say it: as many digits as a file has for it."""


def person(row: Mapping[str, Any], did: str) -> str:
    """誰がどこで: the person who "asked" or has "taken" a step, with account and machine where they are known."""
    from elqr.session.operators import seat_words

    return f"{row[f'{did}_by']}{seat_words(row[f'{did}_seat'])}"


json_option = click.option("--json", "as_json", is_flag=True, help="JSONで出力します。")


def person_of(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """担当者 of an option."""
    if not value.strip():
        raise BadFile(f"担当者の名前が空です。{parameter.opts[0]} に名前を書いてください。")
    name = re.sub(r"[\r\n\t]+", " ", value).strip()
    if fault := name_fault(name):
        raise BadFile(f"{parameter.opts[0]} {spelt(name)}: {fault}")
    return name


def _reason(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if not value.strip():
        raise BadFile("理由が空です。--reason に理由を書いてください。")
    return re.sub(r"[\r\n\t]+", " ", value).strip()


reason_option = click.option(
    "--reason", required=True, metavar="TEXT", callback=_reason, help="理由（監査に答えられるように）。"
)
by_option = click.option("--by", required=True, metavar="NAME", callback=person_of, help="担当者の名前。")


def now() -> str:
    """今の時刻 in Japan, as the ledger keeps instants."""
    return clock.now().isoformat(timespec="seconds")


def open_job(
    job: Path, day: date | None = None, *, rehearsal: bool = False, **which: "AllowedLedger"
) -> "AbstractContextManager[Session]":
    """ジョブを始める: `open_session`, with its progress shown here."""
    from elqr.night.opening import open_session

    return open_session(job, day, rehearsal=rehearsal, show=progress(), **which)


class Signer(NamedTuple):
    """担当者: who takes a step of what needs two people, in which job and on which day."""

    by: str
    job: Path
    day: date | None

    def open_job(self, *, rehearsal: bool = False, **which: "AllowedLedger") -> "AbstractContextManager[Session]":
        """ジョブを始める: the one of the options."""
        return open_job(self.job, self.day, rehearsal=rehearsal, **which)

    def sign(self, reason: str = "") -> "Signature":
        """署名 of this moment."""
        from elqr.vocabulary.signature import Signature

        return Signature(self.by, now(), reason)


def signer_options(function: Any) -> Any:
    """担当者・ジョブ・処理日: three options, which the command takes as one `signer`."""

    @wraps(function)
    def command(*, by: str, job: Path, day: date | None, **others: Any) -> Any:
        return function(signer=Signer(by, job, day), **others)

    return by_option(job_option(date_option(command)))


def _spell(error: UnicodeError) -> tuple[str, int]:
    """書けない文字を綴る, as JSON does, so that a program reads what was meant."""
    assert isinstance(error, UnicodeEncodeError)
    raw = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{raw[at : at + 2].hex()}" for at in range(0, len(raw), 2)), error.end


def make_writable(*streams: object) -> None:
    """どの文字も書けるようにする: what the encoding lacks is spelt; an encoding without Japanese becomes UTF-8."""
    codecs.register_error("elqr.spelt", _spell)
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            has_japanese = codecs.lookup(stream.encoding).name not in ("ascii", "iso8859-1", "cp1252")
            stream.reconfigure(encoding=None if has_japanese else "utf-8", errors="elqr.spelt")


def refuse_unnameable() -> None:
    """ファイル名を書けない環境を断る, before anything is done. Raises CannotWrite."""
    try:
        os.fsencode("要確認（控え1）.xlsx")
    except UnicodeEncodeError as error:
        raise CannotWrite(
            f"この環境の文字コード（{sys.getfilesystemencoding()}）では、日本語の名前のファイルを書けません。"
            "環境変数 PYTHONUTF8=1 を付けるか、LANG=C.UTF-8 にして、もう一度実行してください。"
        ) from error


def refuse_unchecked() -> None:
    """検査を外した Python を断る, as assertions guard the money. Raises Refused."""
    if not __debug__:
        raise Refused(
            "Python が -O で動いているため、金額を守る検査が外れています。何もしていません。"
            "-O と環境変数 PYTHONOPTIMIZE を外して、もう一度実行してください。"
        )


def say(text: str) -> None:
    click.echo(text, err=True)


def say_unknown(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    """手続台帳にない名前を告げる: the ledger may still have it, so the command goes on."""
    names = list(dict.fromkeys(known))
    for name in given:
        if name not in names:
            say(f"{what} {name} は手続台帳にありません。{near_names(name, names)}あるのは {'、'.join(names)} です。")


def is_terminal() -> bool:
    """端末か: whether somebody is there to answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def clear_progress() -> None:
    """進み具合を消す, so that the results begin on a line of their own."""
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        _steer("\r\x1b[K")


_SHOWN_PER_CODE = 20

TOO_LARGE = "elqr file check なら調べられます。ほかは、初めの部分だけを切り出したファイルで試してください。"
"""What to do with a file that is too large for memory."""


def say_findings(findings: "Iterable[Finding]") -> None:
    """指摘を示す: the first of each code, and how many more there are."""
    seen: Counter[Code] = Counter()
    for finding in findings:
        seen[finding.code] += 1
        if seen[finding.code] <= _SHOWN_PER_CODE:
            say(str(finding))
    for code, count in sorted(seen.items()):
        if count > _SHOWN_PER_CODE:
            say(f"[{code}] ほか {count - _SHOWN_PER_CODE:,}件")


def print_json(value: object) -> None:
    import json

    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def progress() -> Any:
    """進み具合: a function that shows a text on one line of a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        return lambda text: None
    if os.environ.get("NO_COLOR"):
        return lambda text: say(f"… {text}")
    return lambda text: _steer(f"\r\x1b[K… {visible(text[:70])}")


def _steer(text: str) -> None:
    """画面を動かす: sequences that move the cursor, which only this module may write."""
    stream = getattr(sys.stderr, "bare", sys.stderr)
    stream.write(text)
    stream.flush()


class _Visible:
    """見える出力: a stream that makes visible what would steer a terminal, whoever writes it.

    It has no `buffer`, so that nothing bypasses it.
    """

    encoding: str
    errors: str | None

    def __init__(self, bare: TextIO) -> None:
        self.bare = bare

    def write(self, text: str) -> int:
        self.bare.write(visible_lines(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":
            raise AttributeError(name)
        return getattr(self.bare, name)


@contextmanager
def visible_output() -> Iterator[None]:
    """画面と標準出力を見える文字だけにする: in all that a command and its libraries write."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast(TextIO, _Visible(stream)) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
