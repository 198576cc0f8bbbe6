"""The command line (コマンド): options in, exit code out. Heavy imports wait until a command needs them."""

import errno
import gc
import os
import re
import sys

import click

from elqr import __version__
from elqr.cli.arrears import arrears
from elqr.cli.backup import backup
from elqr.cli.batch import batch
from elqr.cli.claim import claim
from elqr.cli.day import day
from elqr.cli.desk import desk
from elqr.cli.doctor import doctor_command
from elqr.cli.export import export
from elqr.cli.file import file
from elqr.cli.held import held
from elqr.cli.init import init_command
from elqr.cli.ledger import ledger
from elqr.cli.month import month
from elqr.cli.night import kpi_command, night_command
from elqr.cli.notice import notice
from elqr.cli.payload import payload
from elqr.cli.printing import COMMANDS as PRINT_COMMANDS
from elqr.cli.refund import refund
from elqr.cli.replay import replay_command
from elqr.cli.review import review
from elqr.cli.settlement import settlement
from elqr.cli.spec import spec
from elqr.cli.synthetic import synthetic_command
from elqr.cli.terminal import Group, make_writable, refuse_unchecked, refuse_unnameable, say, visible_output
from elqr.cli.undo import undo
from elqr.cli.verify import verify_command
from elqr.cli.year import year_command
from elqr.vocabulary.errors import OperatorError, cause
from elqr.vocabulary.near_names import near_names, near_words
from elqr.vocabulary.terms import ExitCode

for _command in PRINT_COMMANDS:
    notice.add_command(_command)
_SHOWN = 60
"""How many characters of a name that is too long are shown."""

_OBJECTS_PER_LOOK = 20_000
"""Python looks for garbage after this many new objects. Columns are no such objects, and those of imports and texts are
rarely garbage; looking through them every 700 took 4 to 20 % of a night of 100,000 payments."""

_PRIVATE = 0o077
"""Files are for their user alone, unless the job lets the group read reports."""

_LIBRARIES = {"OPENBLAS_NUM_THREADS": "1", "_RJEM_MALLOC_CONF": "muzzy_decay_ms:0"}
"""Variables that libraries read when they are loaded. numpy multiplies nothing here, and its threads spin while they
wait; memory that polars no longer uses goes back to the machine."""

_COMMANDS = (
    init_command,
    night_command,
    review,
    refund,
    claim,
    settlement,
    arrears,
    held,
    batch,
    export,
    day,
    month,
    year_command,
    undo,
    notice,
    payload,
    spec,
    file,
    kpi_command,
    verify_command,
    ledger,
    replay_command,
    backup,
    desk,
    doctor_command,
    synthetic_command,
)


@click.group(cls=Group, commands=_COMMANDS, help="elqr — eL-QR対応の公金収納 消込ツール。")
@click.version_option(__version__, message="elqr %(version)s", help="版を表示して終わります。")
def cli() -> None:
    pass


def _explain_usage(error: click.UsageError) -> str:
    """使い方の誤り in Japanese: what was written, what is wanted or near, and where to look."""
    parameter, context = getattr(error, "param", None), error.ctx
    name = getattr(error, "option_name", "")
    if parameter is not None:
        name = parameter.opts[0] if isinstance(parameter, click.Option) else parameter.human_readable_name
    command = context.command_path if context else "elqr"
    if isinstance(error, click.MissingParameter):
        fault = f"{name} が必要です。"
    elif isinstance(error, click.BadOptionUsage):
        is_flag = "does not take a value" in error.message
        fault = f"{name} に値は書けません。" if is_flag else f"{name} に値が必要です。"
    elif isinstance(error, click.NoSuchOption):
        fault = f"オプション {error.option_name} はありません。{near_words(error.possibilities or ())}"
    elif not re.sub(r"'.*'|\(.*\)", "", error.message).isascii():
        fault = error.message  # one of ours: click's own are English around what was written
    elif isinstance(error, click.BadParameter) and parameter is not None:
        fault = f"{name} の値 {_written(error.message)} が正しくありません。{_wanted(parameter.type)}"
    elif "No such command" in error.message:
        written = _written(error.message)
        known = context.command.list_commands(context) if context and isinstance(context.command, click.Group) else []
        fault = f"コマンド {written} はありません。{near_names(written, known)}"
    elif extra := re.search(r"unexpected extra arguments? \((.*)\)", error.message):
        fault = f"余分な指定 {extra[1]} があります。"
    else:
        fault = "指定が正しくありません。"
    return f"{fault} 使い方は {command} --help で見られます。"


def _written(message: str) -> str:
    """書かれた値: what click repeats in its message, in quotes or before what is wrong with it."""
    value = re.search(r"'(.*?)'|^(\S+) is ", message)
    return (value[1] or value[2])[:_SHOWN] if value else ""


def _wanted(kind: object) -> str:
    """書ける値 of a parameter's type, in words."""
    if isinstance(kind, click.Choice):
        return f"{'、'.join(map(str, kind.choices))} のどれかを書いてください。"
    if isinstance(kind, click.IntRange):
        return f"{kind.min}{'以上' if kind.max is None else f'～{kind.max} '}の整数を書いてください。"
    return "整数を書いてください。" if kind is click.INT else ""


def _explain_unusable(error: OSError) -> str:
    """使えないファイルかフォルダ in Japanese, for errors that nothing closer to them has explained."""
    if error.errno == errno.ENAMETOOLONG:
        return f"名前が長すぎて、ファイルとして探せません（{str(error.filename)[:_SHOWN]}…）。パスを確かめてください。"
    what = error.filename2 or error.filename or "ファイルかフォルダ"
    return f"{what} を使えません（{cause(error)}）。権限と場所を確かめて、もう一度実行してください。"


def program() -> None:
    """プログラム: a process of its own, so its objects end with it and are not searched for garbage."""
    try:
        main()
    finally:
        gc.freeze()


def main(arguments: list[str] | None = None) -> None:
    """入口: runs a command. What it writes is in visible characters; those that the encoding lacks are spelt."""
    make_writable(sys.stdout, sys.stderr)
    with visible_output():
        code = _run(arguments)
    sys.exit(code)


def _run(arguments: list[str] | None) -> int:
    """Runs a command and maps what happens to an exit code."""
    for name, value in _LIBRARIES.items():
        os.environ.setdefault(name, value)
    gc.set_threshold(_OBJECTS_PER_LOOK, *gc.get_threshold()[1:])
    mask = os.umask(_PRIVATE)
    try:
        refuse_unchecked()
        refuse_unnameable()
        code = cli.main(args=arguments, prog_name="elqr", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        code = ExitCode.USAGE
    except click.UsageError as error:
        say(_explain_usage(error))
        code = ExitCode.USAGE
    except click.exceptions.Exit as error:
        code = error.exit_code
    except OperatorError as error:
        say(str(error))
        code = error.exit_code
    except OSError as error:
        say(_explain_unusable(error))
        code = ExitCode.FAILED
    except (KeyboardInterrupt, click.Abort):
        say("中断しました。取り込み済みの分は台帳に残っています。もう一度実行すると続きから処理します。")
        code = ExitCode.INTERRUPTED
    finally:
        os.umask(mask)
    return code if isinstance(code, int) else 0
