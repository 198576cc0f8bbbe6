"""Terms (用語): one word for each concept, in code, table, column and heading.

Every enumeration names its Japanese term, and every member of a `Term` what staff read. This module knows nothing of
files, frames or the database.
"""

from enum import IntEnum, StrEnum
from typing import Self


class Term(StrEnum):
    """用語: a value as it is stored, and what staff read for it (表示名)."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        """A term is its value, with a label."""
        assert label, f"{value} has a label that staff read"
        term = str.__new__(cls, value)
        term._value_ = value
        term.label = label
        return term


class ProcedureKind(StrEnum):
    """手続の種別: what sort of public fund a procedure collects."""

    LOCAL_TAX = "地方税"
    HEALTH_INSURANCE = "国保"
    CARE_INSURANCE = "介護"
    LATE_ELDERLY = "後期高齢"
    USAGE_FEE = "使用料・手数料"
    OTHER = "その他"


class Priority(StrEnum):
    """優先・拡大の別: already live, prioritised by the national plan, or a later expansion."""

    LIVE = "実施済"
    PRIORITISED = "優先"
    EXPANSION = "拡大"


class AccountingKind(StrEnum):
    """会計区分: with or without 出納整理期間."""

    GENERAL = "一般会計"
    SPECIAL = "特別会計"
    PUBLIC_ENTERPRISE = "公営企業会計"


class NightBook(StrEnum):
    """夜のブック: the workbooks of a night beside those of the departments; their file names."""

    REVIEW = "要確認"
    LEVY = "税料"
    FINANCE = "会計"
    REFUNDS = "過誤納整理簿"

    @property
    def file_name(self) -> str:
        """ブックのファイル名: as it lies in the night's folder."""
        return f"{self.value}.xlsx"


class KeyKind(Term):
    """照会キーの種別: which key of a notice a payment names."""

    ELQR = "elqr", "eL-QR（案件特定キー）"
    BARCODE = "barcode", "コンビニバーコード"
    CUSTOMER = "customer", "口座振替（顧客番号）"
    PENSION = "pension", "年金特別徴収（基礎年金番号）"


class Channel(Term):
    """収納チャネル: where the payer paid."""

    COUNTER = "counter", "窓口"
    CVS = "cvs", "コンビニ"
    APP = "app", "スマホアプリ"
    CARD = "card", "クレジットカード"
    POST_OFFICE = "post_office", "郵便局"
    ACCOUNT_TRANSFER = "account_transfer", "口座振替"
    ELTAX = "eltax", "地方税お支払サイト"
    PAYEASY = "payeasy", "ペイジー"
    PENSION = "pension", "年金特別徴収"
    UNKNOWN = "unknown", "不明"


class Stage(Term):
    """段階: what has happened to the money, according to a payment record."""

    PRELIMINARY = "preliminary", "速報"
    CANCELLED = "cancelled", "速報取消"
    UNDECIDED = "undecided", "結果未着"
    NOT_COLLECTED = "not_collected", "振替不能"
    CONFIRMED = "confirmed", "確報"


class StageState(StrEnum):
    """収納の状態: the state of one payment after all of its known records."""

    NOTHING = "nothing"
    PENDING = "pending"
    TAKEN_BACK = "taken_back"
    SETTLED = "settled"


# 段階の遷移表. A missing pair is an outcome for people to look at (stage_unexpected), never a crash.
# Records of one payment that arrive in one night are applied in the order of `Stage` above.
STAGE_TRANSITIONS: dict[tuple[StageState, Stage], StageState] = {
    (StageState.NOTHING, Stage.PRELIMINARY): StageState.PENDING,
    (StageState.NOTHING, Stage.UNDECIDED): StageState.NOTHING,
    (StageState.NOTHING, Stage.NOT_COLLECTED): StageState.NOTHING,
    (StageState.NOTHING, Stage.CONFIRMED): StageState.SETTLED,
    (StageState.PENDING, Stage.CANCELLED): StageState.TAKEN_BACK,
    (StageState.PENDING, Stage.CONFIRMED): StageState.SETTLED,
    (StageState.TAKEN_BACK, Stage.PRELIMINARY): StageState.PENDING,
}


class Outcome(Term):
    """消込結果: the outcome of one payment record, in the order of reports. Which comes first: rules/matching."""

    ALREADY_POSTED = "already_posted", "計上済（再受信）"
    CONFLICTS = "conflicts", "計上済と内容相違"
    STAGE_UNEXPECTED = "stage_unexpected", "段階の順序が不正"
    PENDING = "pending", "速報（確報待ち）"
    TAKEN_BACK = "taken_back", "速報取消"
    NOT_COLLECTED = "not_collected", "振替不能"
    DOUBTFUL = "doubtful", "疑義のある記録"
    KEY_UNKNOWN = "key_unknown", "該当なし"
    CHECK_NO_DIFFERS = "check_no_differs", "確認番号相違"
    ITEM_OR_OFFICE_DIFFERS = "item_or_office_differs", "納付区分・機関コード相違"
    PAID_BEFORE_ISSUE = "paid_before_issue", "発行前の領収"
    NOTICE_CANCELLED = "notice_cancelled", "取消済納付書"
    ALREADY_SETTLED = "already_settled", "二重納付"
    OVERPAID = "overpaid", "過納"
    UNDERPAID = "underpaid", "不足"
    OLD_NOTICE = "old_slip", "旧納付書による納付"
    LATE = "late", "支払期限後の納付"
    MATCHED = "matched", "一致"
    REDUCED = "reduced", "減額による過納"
    REASSIGNED = "reassigned", "組替で調定から外れた収納"
    """Of a payment that was matched and came off its claim since, while it waits. No night decides the last two."""


class Place(Term):
    """行き先: the one place where each record that was read ends. Their sums must equal what was read.

    Nothing is rejected any more. Nights before version 8 put conflicts there, with their yen on no account.
    """

    POSTED = "posted", "収納"
    EXCEPTION = "exception", "要確認"
    PENDING = "pending", "速報"
    NOT_COLLECTED = "not_collected", "振替不能"
    CANCELLED = "cancelled", "取消"
    ALREADY_POSTED = "already_posted", "計上済"
    REJECTED = "rejected", "受付拒否"


PLACE_OF: dict[Outcome, Place] = dict.fromkeys(Outcome, Place.EXCEPTION) | {
    Outcome.ALREADY_POSTED: Place.ALREADY_POSTED,
    Outcome.PENDING: Place.PENDING,
    Outcome.TAKEN_BACK: Place.CANCELLED,
    Outcome.NOT_COLLECTED: Place.NOT_COLLECTED,
    Outcome.OLD_NOTICE: Place.POSTED,
    Outcome.LATE: Place.POSTED,
    Outcome.MATCHED: Place.POSTED,
}
"""消込結果の行き先. People look at what is not listed here."""

IN_DOUBT = (Outcome.CONFLICTS, Outcome.STAGE_UNEXPECTED, Outcome.DOUBTFUL)
"""収納の取消ができる結果: the sender may have meant to take back the money, or may never have received it."""


class Flag(Term):
    """付記: what is true of a payment besides its outcome."""

    OLD_NOTICE = "old_slip", "旧納付書"
    LATE = "late", "支払期限後"
    BEFORE_ISSUE = "before_issue", "発行前"
    CANCELLED_NOTICE = "cancelled_notice", "取消済"
    SAME_NOTICE = "same_slip", "同じ納付書"
    OTHER_NOTICE = "other_slip", "別の納付書"
    OTHER_CHANNEL = "other_channel", "別チャネル"
    WHOLE_AND_PART = "whole_and_part", "全期と期別"
    AFTER_CANCEL = "after_cancel", "取消後"
    REISSUE_UNISSUED = "reissue_unissued", "未発行の再発行番号"
    REDUCED = "reduced", "減額で仮受へ"
    RETURNED = "returned", "決裁で調定から仮受へ"


LEFT_CLAIM = (Flag.REDUCED, Flag.RETURNED)
"""付記 of yen in suspense that were on a claim before: they may be paid back, whatever their outcome was."""


class Account(Term):
    """勘定: where the yen of a confirmed payment are. Only rulings put them on the last four, where they end."""

    CLAIM = "claim", "調定"
    SUSPENSE = "suspense", "仮受"
    WITHDRAWN = "withdrawn", "送付元の取消"
    REFUNDED = "refunded", "還付済"
    REVENUE = "revenue", "歳入"
    PASSED_ON = "passed_on", "返還済"


NIGHT_ACCOUNTS = (Account.CLAIM, Account.SUSPENSE)
"""夜が計上する勘定: what stands on them is the city's to decide on."""

END_ACCOUNTS = (Account.WITHDRAWN, Account.REFUNDED, Account.REVENUE, Account.PASSED_ON)
"""決裁でお金の終わる勘定."""


class PostingResult(Term):
    """消込結果（基幹システムへ）: the state of a claim after one posting on it."""

    SETTLED = "settled", "消込済"
    PARTIAL = "partial", "一部"
    OVERPAID = "overpaid", "過納"
    CORRECTED = "corrected", "取消・訂正"


class Direction(Term):
    """増減区分: whether a posting adds to what was collected or takes from it."""

    ADDED = "added", "増"
    TAKEN_BACK = "taken_back", "減"


class YearKind(Term):
    """年度区分: collected for the claim's own fiscal year, or carried over from an earlier one."""

    OWN = "own", "現年"
    ARREARS = "arrears", "滞納繰越"


class DepositKind(Term):
    """入金明細の種別: what a line of a bank statement did to the account."""

    RECEIVED = "received", "入金"
    CANCELLED = "cancelled", "入金取消"
    PAID_OUT = "paid_out", "出金"


class SettlementOutcome(Term):
    """突合結果: the outcome of comparing confirmed payments with the money received for them."""

    AGREED = "agreed", "一致"
    AGREED_NET = "agreed_net", "手数料控除後一致"
    TAKEN_BACK = "taken_back", "入金取消で相殺"
    OUTSIDE = "outside", "突合の対象外"
    CLOSED = "closed", "差額を確認済"
    DIFFERS = "differs", "差額あり"
    AWAITED = "awaited", "入金待ち"
    NO_MONEY = "no_money", "入金なし"
    NO_PAYMENTS = "no_payments", "収納なし"
    NO_FUNDS_DAY = "no_funds_day", "資金化日なし"
    NO_CONTRACT = "no_contract", "契約なし"


ENDED = (
    SettlementOutcome.AGREED, SettlementOutcome.AGREED_NET, SettlementOutcome.TAKEN_BACK, SettlementOutcome.OUTSIDE,
    SettlementOutcome.CLOSED,
)  # fmt: skip
"""突合が済んだ結果: entered once. The others stay open, and are reported every morning."""

REOPENED = (SettlementOutcome.AGREED, SettlementOutcome.AGREED_NET, SettlementOutcome.TAKEN_BACK)
"""取消で開き直す結果: those that the program decided. A line that two people closed needs two people to open it."""


class StageGap(Term):
    """速報と確報の食い違い: a stage that should have been there."""

    PRELIMINARY_ONLY = "preliminary_only", "速報のみ期限超過"
    CONFIRMED_ONLY = "confirmed_only", "確報のみ"


class ArrivalState(Term):
    """到着の状況: the state of an expected file as of a night."""

    MISSING = "missing", "未着"
    SHORT = "short", "不足"
    OUT_OF_SEQUENCE = "out_of_sequence", "順序外"
    AWAITED = "awaited", "待ち"
    LATE = "late", "遅れて到着"
    ARRIVED = "arrived", "到着"
    UNEXPECTED = "unexpected", "予定外"


class Risk(Term):
    """督促を妨げるもの: why a claim that looks unpaid may have been paid."""

    FILES_MISSING = "files_missing", "届いていないファイル"
    FILES_HELD = "files_held", "取込保留・未取込のファイル"
    UNDECIDED = "undecided", "消し込んでいない収納"
    EXCEPTIONS = "exceptions", "要確認の収納"
    OVERDUE = "overdue", "確報の届かない速報"
    MONEY = "money", "収納データのない入金"


class HoldKind(Term):
    """督促を止めるわけ: why a claim is not reminded although it is unpaid. Source: 036o005, 督促停止 and 猶予.

    `PULLED` takes a claim out of one list only. `ELSEWHERE` stops nothing: its notice was sent, but not from here.
    """

    PULLED = "pulled", "引抜"
    RETURNED = "returned", "返戻"
    BY_PUBLICATION = "by_publication", "公示送達"
    STOPPED = "stopped", "督促停止"
    DEFERRED = "deferred", "徴収猶予"
    SUSPENDED = "suspended", "執行停止"
    INSTALMENTS = "instalments", "分納"
    ELSEWHERE = "elsewhere", "よそで発送"


STATED_HOLDS = (
    HoldKind.RETURNED, HoldKind.BY_PUBLICATION, HoldKind.STOPPED, HoldKind.DEFERRED, HoldKind.SUSPENDED,
    HoldKind.INSTALMENTS,
)  # fmt: skip
"""基幹システムの言うわけ: the kinds that a file may state. The others are about what was done here."""


class FileStatus(Term):
    """取込結果: the status of a delivered file."""

    ACCEPTED = "accepted", "取込"
    QUARANTINED = "quarantined", "取込保留"
    REDELIVERED = "redelivered", "再受信"


class PrintState(StrEnum):
    """印刷の状態: from the print to the post. The last three are steps that people take."""

    PRINTED = "printed"
    STOPPED = "stopped"
    REQUESTED = "requested"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"


class Severity(IntEnum):
    """重要度 of a finding or an exception."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3


_OF_HIGH_SEVERITY = (
    Outcome.CONFLICTS, Outcome.STAGE_UNEXPECTED, Outcome.PAID_BEFORE_ISSUE, Outcome.CHECK_NO_DIFFERS,
    Outcome.ITEM_OR_OFFICE_DIFFERS, Outcome.DOUBTFUL,
)  # fmt: skip
SEVERITY_OF: dict[Outcome, Severity] = {
    outcome: Severity.HIGH if outcome in _OF_HIGH_SEVERITY else Severity.MEDIUM
    for outcome, place in PLACE_OF.items()
    if place is Place.EXCEPTION
}
"""要確認の重要度."""


class ExitCode(IntEnum):
    """終了コード of every command. The highest of REVIEW and QUARANTINE wins."""

    CLEAN = 0
    FAILED = 1
    USAGE = 2
    REVIEW = 3
    QUARANTINE = 4
    LOCKED = 5
    INTERRUPTED = 130


WHOLE_YEAR = 0
"""期別 0 means 全期: one notice that pays every instalment of its assessment."""
