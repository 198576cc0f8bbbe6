"""A new city (新しい団体): from what its people say to the files of its first day: job, register and key.

What only the city knows and has not said is left out, never guessed; the doctor says what is missing. The texts carry
comments for those who change them.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from elqr.disk.config_files import read_toml
from elqr.disk.new_files import entries, take_back, write_new_files
from elqr.formats.spec import Spec
from elqr.rules.register import Register
from elqr.rules.register_text import quoted, register_text
from elqr.session.job import City
from elqr.vocabulary.errors import BadFile, NotFound, Refused
from elqr.vocabulary.terms import AccountingKind, Priority, ProcedureKind

JOB_FILE, REGISTER_FILE, KEY_FILE, LEDGER_FILE = "nightly.toml", "procedures.toml", "check_no_secret", "ledger.db"
FOLDERS = {
    "notices": "納付書データの受信箱",
    "inbox": "収納データの受信箱",
    "archive": "受信ファイルの保管庫",
    "out": "帳票・納付書情報・書き出し",
}
_BOXES = ("notices", "inbox")


@dataclass(frozen=True, slots=True)
class NewCity:
    """新しい団体: its name and codes, its register, and the formats of the payment files that it expects."""

    city: City
    register: Register
    specs: tuple[Spec, ...]


def refuse_founded(folder: Path) -> None:
    """ジョブのあるフォルダを断る, and one with anything that a new city would write or take for its own.

    What a run that was cut off had written is taken back first. Raises Refused, CannotWrite.
    """
    jobs = [path.name for path in entries(folder) if path.suffix == ".toml" and _is_job(path)]
    if not jobs and folder.is_dir():
        take_back(folder)
    taken = [name for name in (REGISTER_FILE, KEY_FILE, LEDGER_FILE) if (folder / name).exists()]
    taken += [name for name in FOLDERS if name not in _BOXES and entries(folder / name)]
    if jobs or taken:
        fault = f"にはすでにジョブがあります（{jobs[0]}）" if jobs else f"には {'、'.join(taken)} があります"
        raise Refused(f"{folder} {fault}。何も書いていません。上書きしないので、別のフォルダを指定してください。")


def _is_job(path: Path) -> bool:
    """ジョブか: what a new one would be called, or any file with the tables that a job needs."""
    if path.name == JOB_FILE:
        return True
    with suppress(BadFile, NotFound):
        return {"city", "store"} <= read_toml(path, "ジョブ", "").keys()
    return False


def found_city(folder: Path, new: NewCity, key: str, today: date) -> None:
    """団体を始める: write its files and make its folders, all or nothing. Raises Refused, CannotWrite."""
    refuse_founded(folder)
    texts = {KEY_FILE: f"{key}\n", REGISTER_FILE: _register_text(new), JOB_FILE: job_text(new, today)}
    write_new_files(folder, {name: text.encode() for name, text in texts.items()}, FOLDERS)


def _register_text(new: NewCity) -> str:
    kinds, priorities, accounting = ("、".join(term) for term in (ProcedureKind, Priority, AccountingKind))
    head = _REGISTER.format(name=new.city.name, kinds=kinds, priorities=priorities, accounting=accounting)
    return register_text(head.splitlines(), new.register.kpi, new.register.procedure)


def job_text(new: NewCity, today: date) -> str:
    """ジョブの本文, with the sections that a first night does not need as comments."""
    city, specs = new.city, new.specs
    return _JOB.format(
        name=city.name,
        quoted_name=quoted(city.name),
        city_code=city.city_code,
        office_code=city.office_code,
        tax_office_code=city.tax_office_code,
        specs="\n".join(_spec_line(spec) for spec in specs),
        first_spec=specs[0].name,
        today=today.isoformat(),
    )


def _spec_line(spec: Spec) -> str:
    return f'  "{spec.name}",'.ljust(36) + f"# {spec.title}・{spec.verified.words}"


_REGISTER = """\
{name}の手続台帳。[[procedure]] の一つが、eL-QR対応の手続数（KPI）の一つです。
変えてよいもの
　name（名前）、department（所管課）、priority（{priorities}）
　go_live_on（eL-QR の運用開始日。例 go_live_on = 2026-10-01）。書くと、その日の年度から KPI に数えます
　kind（種別：{kinds}）
　accounting（会計区分：{accounting}）
納付書を取り込んだ後は変えないもの
　code（納付書データの手続コード）、item_no（税目・料金番号。eL-QR に入ります）
調定データの届く手続には claims = "file" を足します（ジョブに [[claims]] も）。
手続を足すときは、一つ分を写して書き換えます。KPI の目標（[kpi]）、還付の決まり、督促手数料の書き方は、
elqr の jobs/README.md にあります。
"""

_JOB = """\
# {name}の夜間ジョブ。パスはこのファイルからの相対。書ける項目は、elqr の jobs/README.md にあります。
title = "夜間消込"                    # ジョブの名前。変えてよい
register = "procedures.toml"          # 手続台帳
out = "out"                           # 帳票・納付書情報・書き出しのフォルダ
# specs = ["specs"]                   # 自市の様式のフォルダ（作ってから）。同じ名前なら同梱の様式に代わる
# training = true                     # 訓練のときだけ。まだ来ていない日でも動く
# group_reads = true                  # 帳票を同じグループの利用者も読めるようにする

[city]                                # 発行した後は変えない（name は変えてよい）
name = {quoted_name}
city_code = "{city_code}"                # 団体コード（検査数字つき）
office_code = "{office_code}"               # 共通納税機関コード
tax_office_code = "{tax_office_code}"             # 税務事務所コード

[store]                               # 台帳と保管庫は組。移すときは一緒に移す
url = "sqlite:///ledger.db"           # 台帳。初めての夜が作る
archive = "archive"                   # 受信ファイルの保管庫（元のまま）

[issue]                               # 案件特定キー = 先頭 + 賦課年度(4) + 区分 + 連番。合わせて20桁
key_prefix = "00000"                  # 先頭・区分・連番の桁は elqr の初めの値。市の決まりがあれば、発行する前に変える
key_class = "90"
serial_digits = 9
check_no_secret_file = "check_no_secret"  # 確認番号の鍵。替えると同じ番号を作れない。別の場所にも控えを置く

[notices]                             # 納付書データ
inbox = "notices"
spec = "notice_csv"
issue = true                          # 取り込んだあと、未発行の納付書にeL-QRを付ける

[[inbox]]                             # 収納データ。ここにない様式のファイルは取込保留になる
path = "inbox"
specs = [                             # 届く様式。足してよい（elqr spec list にある名前）
{specs}
]

# ここから下は、要るようになったら行の初めの「# 」を外し、中身を自市のものに直します。

# [[arrival]]                         # 届くはずのファイル。届かなければその朝に知らせ、督促を止める
# name = "収納データ"
# specs = ["{first_spec}"]
# every = "営業日"                    # 営業日・毎日・週・月
# since = {today}                  # 見はじめる日

# [[claims]]                          # 調定データ。手続台帳で claims = "file" とした手続の調定は、これだけで決まる
# path = "claims"                     # フォルダを作ってから
# specs = ["claim_csv"]               # 仮の様式

# [[money]]                           # 入金データ
# path = "money"                      # フォルダを作ってから
# specs = ["money_by_hand_csv"]

# [[settlement]]                      # 払込の契約。収納と入金を突き合わせる
# name = "契約の名前"
# specs = ["{first_spec}"]
# senders = ["振込依頼人名"]

# [accounting]                        # 数える日：night（夜。なければこれ）・paid_on（領収日）・received_on（収入日）
# by = "received_on"

# [reports]                           # 夜が作る帳票。なければ、朝の一枚・ブック・データのすべて
# books = ["要確認", "税料", "会計", "過誤納整理簿"]
# data = ["csv", "json"]

# [export]                            # 基幹システムへの書き出し（収納履歴）
# nightly = true                      # 夜が作る。なければ elqr export make で作る
# spec = "collection_history_csv"     # 仮の様式

# [thresholds]                        # しきい値（書いてあるのは elqr の初めの値）
# unmatched_rate = 0.2                # チャネルごとの該当なしの割合がこれを超え、
# unmatched_at_least = 5              # かつこの件数以上なら警報
"""
