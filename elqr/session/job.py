"""The job (ジョブ): what jobs/*.toml may say, validated into one frozen value.

Paths are relative to the job file. A job holds no secrets: they come from a file or the environment, and never appear
in logs.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, IPvAnyAddress, ValidationError, model_validator

from elqr.disk.config_files import read_text, read_toml, read_written
from elqr.issue.keys import KEY_DIGITS, KeyRule
from elqr.report.selection import Selection
from elqr.rules.contract import Contract, overlapping
from elqr.rules.counting import Accounting
from elqr.rules.expected_files import Arrival
from elqr.vocabulary.errors import BadFile, explain
from elqr.vocabulary.limits import DELIVERED
from elqr.vocabulary.strict import Strict, WrittenDay

SECRET_VARIABLE = "ELQR_CHECK_NO_SECRET"
STORE_VARIABLE = "ELQR_STORE_URL"
_SECRET_BYTES = 16
_JOB_REMEDY = (
    "新しい団体のジョブは elqr init で作れます。あるなら、ジョブのTOMLファイルを指定してください"
    "（例: --job /srv/elqr/nightly.toml、環境変数なら ELQR_JOB）。"
)
_REGISTER_REMEDY = "ジョブの register を確かめてください。"


class City(Strict):
    """団体: the codes that stand in every payload."""

    name: str = Field(min_length=1)
    city_code: str = Field(pattern=r"^[0-9]{6}$")
    office_code: str = Field(pattern=r"^[0-9]{5}$")
    tax_office_code: str = Field(pattern=r"^[0-9]{3}$")


class Issue(Strict):
    """発行: how keys are composed, where the secret is, and where the upload file goes."""

    key_prefix: str = Field(default="00000", pattern=r"^[0-9]*$")
    key_class: str = Field(default="90", pattern=r"^[0-9]+$")
    serial_digits: int = Field(default=9, ge=6, le=12)
    check_no_secret_file: Path | None = None

    @property
    def key_rule(self) -> KeyRule:
        """案件特定キーの構成."""
        return KeyRule(self.key_prefix, self.key_class, self.serial_digits)

    @model_validator(mode="after")
    def _twenty_digits(self) -> Self:
        if self.key_rule.length != KEY_DIGITS:
            raise ValueError(f"案件特定キーは{KEY_DIGITS}桁です（今の設定では{self.key_rule.length}桁）")
        return self


class Notices(Strict):
    """納付書データの受信箱, and whether the night issues new notices."""

    inbox: Path
    spec: str = "notice_csv"
    issue: bool = True


class Inbox(Strict):
    """収納データの受信箱, and the formats that may arrive in it."""

    path: Path
    specs: tuple[str, ...] = Field(min_length=1)
    ignore: tuple[Annotated[str, Field(min_length=3)], ...] = ()


class ClaimInbox(Inbox):
    """調定データの受信箱, for procedures of which the register says that claim files say what is owed."""


class MoneyInbox(Inbox):
    """入金データの受信箱: a bank's notifications, statements, and files typed by hand."""


class Store(Strict):
    """台帳の場所: the URL of a file or of a server. A URL with a password is kept in a file of its own."""

    url: str = ""
    url_file: Path | None = None
    archive: Path

    @model_validator(mode="after")
    def _one_url(self) -> Self:
        if self.url and self.url_file:
            raise ValueError("url と url_file のどちらか一つを書いてください")
        return self


class Cluster(Strict):
    """クラスタ: the master of the machines that decode and match. The cluster brings its own settings."""

    master: str = Field(pattern=r"^(spark://[^/]+:[0-9]+|k8s://.+|yarn)$")


class Thresholds(Strict):
    """しきい値: from where on a night is not clean, and which file is too large to read."""

    unmatched_rate: float = Field(default=0.2, ge=0, le=1)
    unmatched_at_least: int = Field(default=5, ge=1)
    unmatched_jump: float = Field(default=0.05, ge=0, le=1)
    backlog_days: int = Field(default=31, ge=1, le=10_000)
    file_megabytes: int = Field(default=DELIVERED.most, ge=1)


class CalendarDays(Strict):
    """営業日の暦: the table of holidays (by default the shipped one), and the days on which banks close."""

    holidays: Path | None = None
    closed: tuple[Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")], ...] = (
        "12-31",
        "01-01",
        "01-02",
        "01-03",
    )


class Print(Strict):
    """印刷: folders of the city's own sheets, and how many pages a file has."""

    sheets: tuple[Path, ...] = ()
    pages: int = Field(default=1_000, ge=1, le=10_000)


class Arrears(Strict):
    """督促対象: how many days after the 納期限 a claim is listed, by procedure if it differs, and where lists go."""

    days_after_due: int = Field(default=20, ge=0, le=366)
    procedures: dict[str, Annotated[int, Field(ge=0, le=366)]] = Field(default_factory=dict)
    folder: Path | None = None


class Debits(Strict):
    """口座振替の引落日: how many days before and after its 納期限 a claim may be debited."""

    early_days: int = Field(default=10, ge=0, le=366)
    late_days: int = Field(default=62, ge=0, le=366)


class Export(Strict):
    """基幹システムへの書き出し: whether the night exports, in which format, and where."""

    nightly: bool = False
    folder: Path | None = None
    spec: str = Field(default="collection_history_csv", min_length=1)


class Approval(Strict):
    """承認: the administrator's table of operating system accounts and their owners, where there is one.

    `identity`: with `desk`, only who is logged in at the desk requests and approves, and commands refuse to.
    """

    operators: Path | None = None
    identity: Literal["shell", "desk"] = "shell"

    @model_validator(mode="after")
    def _one_identity(self) -> Self:
        if self.operators and self.identity == "desk":
            raise ValueError('identity = "desk" のときは、operators を消してください（人は窓口の利用者で決まります）')
        return self


class Desk(Strict):
    """窓口: where it listens, how long a log-in lasts unused, and the reverse proxies that stand before it.

    `user_header`: a trusted proxy names the person in this header (the city's own sign-on), and there are no passwords.
    `https`: browsers reach the desk through a proxy with TLS.
    """

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8765, ge=0, le=65_535)
    idle_minutes: int = Field(default=15, ge=1, le=480)
    https: bool = False
    trusted_proxies: tuple[IPvAnyAddress, ...] = ()
    user_header: str = Field(default="", pattern=r"^[A-Za-z0-9-]*$")

    @model_validator(mode="after")
    def _names_proxies(self) -> Self:
        if self.user_header and not self.trusted_proxies:
            raise ValueError("user_header を使うときは、trusted_proxies にリバースプロキシのアドレスを書いてください")
        return self


class Job(Strict):
    """夜間ジョブ: everything that jobs/*.toml says."""

    title: str = Field(min_length=1)
    training: bool = False
    group_reads: bool = False
    run_on: WrittenDay | None = Field(default=None, alias="date")
    register_file: Path = Field(alias="register")
    specs: tuple[Path, ...] = ()
    out: Path
    city: City
    store: Store
    issue: Issue = Issue()
    printing: Print = Field(default=Print(), alias="print")
    notices: Notices | None = None
    inbox: tuple[Inbox, ...] = Field(min_length=1)
    claims: tuple[ClaimInbox, ...] = ()
    money: tuple[MoneyInbox, ...] = ()
    settlement: tuple[Contract, ...] = ()
    accounting: Accounting = Accounting()
    calendar: CalendarDays = CalendarDays()
    arrival: tuple[Arrival, ...] = ()
    reports: Selection = Selection()
    export: Export = Export()
    arrears: Arrears = Arrears()
    debits: Debits = Debits()
    approval: Approval = Approval()
    desk: Desk = Desk()
    thresholds: Thresholds = Thresholds()
    cluster: Cluster | None = None

    @property
    def boxes(self) -> tuple[Inbox, ...]:
        """受信箱: those whose files are taken in whole or held back; that of notices is none."""
        return (*self.inbox, *self.claims, *self.money)

    def box_name(self, path: Path) -> str:
        """受信箱の名前: its folder, with as many parent folders as it takes to tell it from the job's other inboxes.

        The folders further up are left out, because a city may move its files.
        """
        others = {box.path for box in self.boxes} | self._notice_folders
        tails = range(1, len(path.parts))
        names = {
            folder: ["/".join(folder.parts[-length:]) for length in tails] for folder in (others - {path}) | {path}
        }
        candidates = names.pop(path)
        taken = {name for other in names.values() for name in other}
        return next((name for name in candidates if name not in taken), str(path))

    @property
    def shared_claim_boxes(self) -> list[Path]:
        """ほかの受信箱と同じフォルダの、調定データの受信箱. There must be none."""
        others = {box.path for box in (*self.inbox, *self.money)} | self._notice_folders
        return sorted({box.path for box in self.claims} & others)

    @property
    def _notice_folders(self) -> set[Path]:
        return {self.notices.inbox} if self.notices else set()

    @property
    def arrears_folder(self) -> Path:
        """督促対象一覧を書くフォルダ: the one that the job names, or `arrears` in its output folder."""
        return self.arrears.folder or self.out / "arrears"

    @property
    def export_folder(self) -> Path:
        """基幹システムへの書き出しのフォルダ: the one that the job names, or `export` in its output folder."""
        return self.export.folder or self.out / "export"

    @model_validator(mode="after")
    def _are_distinct(self) -> Self:
        names = [contract.name for contract in self.settlement]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"[[settlement]] に同じ名前の契約があります: {', '.join(twice)}")
        expected = [arrival.name for arrival in self.arrival]
        if twice := sorted({name for name in expected if expected.count(name) > 1}):
            raise ValueError(f"[[arrival]] に同じ名前の到着予定があります: {', '.join(twice)}")
        if both := overlapping(self.settlement):
            raise ValueError(f"[[settlement]] の収納（specs と channels）が重なっています: {' / '.join(both)}")
        return self


def read_job(path: Path) -> Job:
    """ジョブを読む, with every path made absolute. Raises NotFound; BadFile, which says where the mistake is."""
    try:
        job = _complete(Job.model_validate(read_toml(path, "ジョブ", _JOB_REMEDY)), path.resolve().parent)
    except ValidationError as error:
        raise BadFile(
            f"ジョブ {path} に誤りがあります: {explain(error, Job)}。直してから、もう一度実行してください。"
        ) from error
    if shared := job.shared_claim_boxes:
        folders = "・".join(map(str, shared))
        raise BadFile(f"ジョブ {path}: [[claims]] の受信箱は、ほかの受信箱と別のフォルダにしてください: {folders}")
    return job


def _complete(job: Job, folder: Path) -> Job:
    """ジョブを仕上げる: paths are relative to the job file's folder, and a training job says so in the city's name."""
    absolute: Job = _resolve_paths(job, folder)
    store = absolute.store.model_copy(update={"url": _resolve_url(job.store.url, folder)})
    name = f"{job.city.name}（訓練）" if job.training else job.city.name
    return absolute.model_copy(update={"store": store, "city": absolute.city.model_copy(update={"name": name})})


def _resolve_paths(value: Any, folder: Path) -> Any:
    """パスを絶対にする: every path in a value, however deeply nested."""
    if isinstance(value, Path):
        return (folder / value).resolve()
    if isinstance(value, tuple):
        return tuple(_resolve_paths(item, folder) for item in value)
    if isinstance(value, Strict):
        fields = type(value).model_fields
        return value.model_copy(update={name: _resolve_paths(getattr(value, name), folder) for name in fields})
    return value


def _resolve_url(url: str, folder: Path) -> str:
    """台帳のURLを絶対にする: the path of a ledger file is relative to the folder of the file that names it."""
    if not url.startswith("sqlite:///") or url.startswith("sqlite:////"):
        return url
    return f"sqlite:///{(folder / url.removeprefix('sqlite:///')).resolve()}"


def read_store_url(job: Job, environment: Mapping[str, str]) -> str:
    """台帳のURL: from the environment, else from the job, else from its file. Never shown: it may hold a password.

    Raises NotFound, BadFile.
    """
    url = environment.get(STORE_VARIABLE, "").strip() or job.store.url
    if not url and job.store.url_file is not None:
        text = read_text(job.store.url_file, "台帳のURLのファイル", "場所と権限を確かめてください。").strip()
        url = _resolve_url(text, job.store.url_file.parent)
    if not url:
        raise BadFile(
            f"台帳のURLがありません。ジョブの [store] url か url_file、環境変数 {STORE_VARIABLE} で渡してください。"
        )
    return url


def read_secret(job: Job, environment: Mapping[str, str]) -> bytes:
    """確認番号の鍵: from the environment, else from the job's file. Never logged. Raises NotFound, BadFile."""
    secret = environment.get(SECRET_VARIABLE, "").removeprefix("\ufeff").strip()
    path = job.issue.check_no_secret_file
    if not secret and path is not None:
        secret = read_text(path, "確認番号の鍵ファイル", "場所と権限を確かめてください。").strip()
    if len(secret.encode()) < _SECRET_BYTES:
        raise BadFile(
            f"確認番号の鍵がないか、短すぎます（{_SECRET_BYTES}バイト以上）。環境変数 {SECRET_VARIABLE} か "
            "ジョブの [issue] check_no_secret_file で渡してください。"
        )
    return secret.encode()


def configuration_hash(path: Path, register: Path) -> str:
    """設定のハッシュ: SHA-256 of the job and register files, for the run's record. Raises NotFound, BadFile."""
    contents = (read_written(path, "ジョブ", _JOB_REMEDY), read_written(register, "手続台帳", _REGISTER_REMEDY))
    return hashlib.sha256(b"\x00".join(contents)).hexdigest()
