"""The vocabulary of the field: one concept, one word, in code, table, column and heading.

Every enumeration says its Japanese term, and `LABELS` holds what staff read.
This module knows nothing of files, frames or the database.
"""

from enum import IntEnum, StrEnum


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


class KeyKind(StrEnum):
    """照会キーの種別: which key of a slip a payment names."""

    ELQR = "elqr"
    BARCODE = "barcode"
    CUSTOMER = "customer"


class Channel(StrEnum):
    """収納チャネル: where the payer paid."""

    COUNTER = "counter"
    CVS = "cvs"
    APP = "app"
    CARD = "card"
    POST_OFFICE = "post_office"
    ACCOUNT_TRANSFER = "account_transfer"
    ELTAX = "eltax"
    PAYEASY = "payeasy"


class Stage(StrEnum):
    """段階: what a payment record says has happened to the money."""

    PRELIMINARY = "preliminary"
    CANCELLED = "cancelled"
    NOT_COLLECTED = "not_collected"
    CONFIRMED = "confirmed"


class StageState(StrEnum):
    """収納の状態: where one payment stands after the records of it that are known."""

    NOTHING = "nothing"
    PENDING = "pending"
    TAKEN_BACK = "taken_back"
    SETTLED = "settled"


# 段階の遷移表. A pair that is missing is an outcome to look at (stage_unexpected), never a crash.
# Records of one payment that arrive in one night are taken in the order of `Stage` above.
STAGE_TRANSITIONS: dict[tuple[StageState, Stage], StageState] = {
    (StageState.NOTHING, Stage.PRELIMINARY): StageState.PENDING,
    (StageState.NOTHING, Stage.NOT_COLLECTED): StageState.NOTHING,
    (StageState.NOTHING, Stage.CONFIRMED): StageState.SETTLED,
    (StageState.PENDING, Stage.CANCELLED): StageState.TAKEN_BACK,
    (StageState.PENDING, Stage.CONFIRMED): StageState.SETTLED,
    (StageState.TAKEN_BACK, Stage.PRELIMINARY): StageState.PENDING,
}


class Outcome(StrEnum):
    """消込結果: what came of one payment record. Precedence is the order of this list."""

    ALREADY_POSTED = "already_posted"
    CONFLICTS = "conflicts"
    STAGE_UNEXPECTED = "stage_unexpected"
    PENDING = "pending"
    TAKEN_BACK = "taken_back"
    NOT_COLLECTED = "not_collected"
    KEY_UNKNOWN = "key_unknown"
    CHECK_NO_DIFFERS = "check_no_differs"
    ITEM_OR_OFFICE_DIFFERS = "item_or_office_differs"
    PAID_BEFORE_ISSUE = "paid_before_issue"
    NOTICE_CANCELLED = "notice_cancelled"
    ALREADY_SETTLED = "already_settled"
    OVERPAID = "overpaid"
    UNDERPAID = "underpaid"
    OLD_SLIP = "old_slip"
    LATE = "late"
    MATCHED = "matched"


class Place(StrEnum):
    """行き先: the one place in which a record that was read ends (domain identity)."""

    POSTED = "posted"
    EXCEPTION = "exception"
    PENDING = "pending"
    NOT_COLLECTED = "not_collected"
    CANCELLED = "cancelled"
    ALREADY_POSTED = "already_posted"
    REJECTED = "rejected"


PLACE_OF: dict[Outcome, Place] = {
    Outcome.ALREADY_POSTED: Place.ALREADY_POSTED,
    Outcome.CONFLICTS: Place.REJECTED,
    Outcome.STAGE_UNEXPECTED: Place.EXCEPTION,
    Outcome.PENDING: Place.PENDING,
    Outcome.TAKEN_BACK: Place.CANCELLED,
    Outcome.NOT_COLLECTED: Place.NOT_COLLECTED,
    Outcome.KEY_UNKNOWN: Place.EXCEPTION,
    Outcome.CHECK_NO_DIFFERS: Place.EXCEPTION,
    Outcome.ITEM_OR_OFFICE_DIFFERS: Place.EXCEPTION,
    Outcome.PAID_BEFORE_ISSUE: Place.EXCEPTION,
    Outcome.NOTICE_CANCELLED: Place.EXCEPTION,
    Outcome.ALREADY_SETTLED: Place.EXCEPTION,
    Outcome.OVERPAID: Place.EXCEPTION,
    Outcome.UNDERPAID: Place.EXCEPTION,
    Outcome.OLD_SLIP: Place.POSTED,
    Outcome.LATE: Place.POSTED,
    Outcome.MATCHED: Place.POSTED,
}


class Flag(StrEnum):
    """付記: what is true of a payment besides its outcome."""

    OLD_SLIP = "old_slip"
    LATE = "late"
    BEFORE_ISSUE = "before_issue"
    CANCELLED_NOTICE = "cancelled_notice"
    SAME_SLIP = "same_slip"
    OTHER_SLIP = "other_slip"
    OTHER_CHANNEL = "other_channel"
    WHOLE_AND_PART = "whole_and_part"
    AFTER_CANCEL = "after_cancel"


class Account(StrEnum):
    """勘定: where the yen of a confirmed payment stand."""

    CLAIM = "claim"
    SUSPENSE = "suspense"


class Ruling(StrEnum):
    """決裁: what finance may decide on an exception (要確認)."""

    APPLY = "apply"
    REFUND = "refund"
    APPROPRIATE = "appropriate"
    HOLD = "hold"
    SEND_BACK = "send_back"
    NOT_OURS = "not_ours"
    NOTED = "noted"


RULING_MEANINGS: dict[Ruling, str] = {
    Ruling.APPLY: "仮受の額を、対象の納付番号の納付書（調定）に充てる",
    Ruling.REFUND: "納付者に返す候補とする。還付の手続が済むまで仮受のまま",
    Ruling.APPROPRIATE: "同じ納付者の未納に充てる。充てる先を対象の納付番号に書く",
    Ruling.HOLD: "まだ決めない。次の朝も要確認に残る",
    Ruling.SEND_BACK: "所管課か送付元に調べ直しを求める。答えが来るまで仮受のまま",
    Ruling.NOT_OURS: "当市の収納ではない。送付元に返す候補とする",
    Ruling.NOTED: "見たことだけを記す。お金は動かさない（不足、段階の順序など）",
}
"""決裁の意味: what each ruling asks for."""

NEEDS_TARGET = (Ruling.APPLY, Ruling.APPROPRIATE)
"""対象の納付番号 must be named for these."""


class FileStatus(StrEnum):
    """取込結果: what came of a delivered file."""

    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"
    REDELIVERED = "redelivered"


class PrintState(StrEnum):
    """印刷の状態: from the press to the post. The last two are the steps that two people take."""

    PRINTED = "printed"
    STOPPED = "stopped"
    REQUESTED = "requested"
    RELEASED = "released"


class Severity(IntEnum):
    """重要度 of a finding or an exception."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3


SEVERITY_OF: dict[Outcome, Severity] = {
    Outcome.CONFLICTS: Severity.HIGH,
    Outcome.STAGE_UNEXPECTED: Severity.HIGH,
    Outcome.PAID_BEFORE_ISSUE: Severity.HIGH,
    Outcome.CHECK_NO_DIFFERS: Severity.HIGH,
    Outcome.ITEM_OR_OFFICE_DIFFERS: Severity.HIGH,
    Outcome.KEY_UNKNOWN: Severity.MEDIUM,
    Outcome.NOTICE_CANCELLED: Severity.MEDIUM,
    Outcome.ALREADY_SETTLED: Severity.MEDIUM,
    Outcome.OVERPAID: Severity.MEDIUM,
    Outcome.UNDERPAID: Severity.MEDIUM,
}


class ExitCode(IntEnum):
    """終了コード of every command. The highest of REVIEW and QUARANTINE wins."""

    CLEAN = 0
    FAILED = 1
    USAGE = 2
    REVIEW = 3
    QUARANTINE = 4
    LOCKED = 5
    INTERRUPTED = 130


EXIT_MEANINGS: dict[ExitCode, str] = {
    ExitCode.CLEAN: "問題なし",
    ExitCode.FAILED: "失敗。表示された対処をして、もう一度実行する"
    "（`payload decode` では正しくないコード、`spec check` では様式の誤り）",
    ExitCode.USAGE: "使い方の誤り",
    ExitCode.REVIEW: "完了。確認が必要なものがある",
    ExitCode.QUARANTINE: "完了。取込保留のファイルがある",
    ExitCode.LOCKED: "別の実行が動いている",
    ExitCode.INTERRUPTED: "中断された。もう一度実行すれば続きから処理する",
}

WHOLE_YEAR = 0
"""期別 0 means 全期: one slip that pays every instalment of its assessment."""

LABELS: dict[type[StrEnum], dict[str, str]] = {
    KeyKind: {
        KeyKind.ELQR: "eL-QR（案件特定キー）",
        KeyKind.BARCODE: "コンビニバーコード",
        KeyKind.CUSTOMER: "口座振替（顧客番号）",
    },
    Channel: {
        Channel.COUNTER: "窓口",
        Channel.CVS: "コンビニ",
        Channel.APP: "スマホアプリ",
        Channel.CARD: "クレジットカード",
        Channel.POST_OFFICE: "郵便局",
        Channel.ACCOUNT_TRANSFER: "口座振替",
        Channel.ELTAX: "地方税お支払サイト",
        Channel.PAYEASY: "ペイジー",
    },
    Stage: {
        Stage.PRELIMINARY: "速報",
        Stage.CANCELLED: "速報取消",
        Stage.NOT_COLLECTED: "振替不能",
        Stage.CONFIRMED: "確報",
    },
    Outcome: {
        Outcome.ALREADY_POSTED: "計上済（再受信）",
        Outcome.CONFLICTS: "計上済と内容相違",
        Outcome.STAGE_UNEXPECTED: "段階の順序が不正",
        Outcome.PENDING: "速報（確報待ち）",
        Outcome.TAKEN_BACK: "速報取消",
        Outcome.NOT_COLLECTED: "振替不能",
        Outcome.KEY_UNKNOWN: "該当なし",
        Outcome.CHECK_NO_DIFFERS: "確認番号相違",
        Outcome.ITEM_OR_OFFICE_DIFFERS: "納付区分・機関コード相違",
        Outcome.PAID_BEFORE_ISSUE: "発行前の領収",
        Outcome.NOTICE_CANCELLED: "取消済納付書",
        Outcome.ALREADY_SETTLED: "二重納付",
        Outcome.OVERPAID: "過納",
        Outcome.UNDERPAID: "不足",
        Outcome.OLD_SLIP: "旧納付書による納付",
        Outcome.LATE: "支払期限後の納付",
        Outcome.MATCHED: "一致",
    },
    Place: {
        Place.POSTED: "収納",
        Place.EXCEPTION: "要確認",
        Place.PENDING: "速報",
        Place.NOT_COLLECTED: "振替不能",
        Place.CANCELLED: "取消",
        Place.ALREADY_POSTED: "計上済",
        Place.REJECTED: "受付拒否",
    },
    Flag: {
        Flag.OLD_SLIP: "旧納付書",
        Flag.LATE: "支払期限後",
        Flag.BEFORE_ISSUE: "発行前",
        Flag.CANCELLED_NOTICE: "取消済",
        Flag.SAME_SLIP: "同じ納付書",
        Flag.OTHER_SLIP: "別の納付書",
        Flag.OTHER_CHANNEL: "別チャネル",
        Flag.WHOLE_AND_PART: "全期と期別",
        Flag.AFTER_CANCEL: "取消後",
    },
    Account: {
        Account.CLAIM: "調定",
        Account.SUSPENSE: "仮受",
    },
    Ruling: {
        Ruling.APPLY: "納付書に充てる",
        Ruling.REFUND: "還付候補",
        Ruling.APPROPRIATE: "充当",
        Ruling.HOLD: "保留",
        Ruling.SEND_BACK: "差戻し",
        Ruling.NOT_OURS: "当市の収納でない",
        Ruling.NOTED: "確認のみ",
    },
    FileStatus: {
        FileStatus.ACCEPTED: "取込",
        FileStatus.QUARANTINED: "取込保留",
        FileStatus.REDELIVERED: "再受信",
    },
}
"""表示名, by kind: members of different kinds may share a value, and a StrEnum equals its value."""


def label(term: StrEnum) -> str:
    """What staff read (表示名) for a term; kinds whose value is Japanese are their own label."""
    return LABELS.get(type(term), {}).get(term, term.value)
