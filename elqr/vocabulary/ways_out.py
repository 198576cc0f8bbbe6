"""Ways out (出口): every state in which something can stand, what it means, and by which ways it leaves.

Each value that the ledger keeps as a state stands in one row here, or among those in which nothing waits. Staff read
the table; tests take every way with the real commands.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from elqr.vocabulary.ruling_terms import Ruling, RulingResult
from elqr.vocabulary.terms import (
    Account,
    ArrivalState,
    FileStatus,
    HoldKind,
    Outcome,
    PrintState,
    Risk,
    SettlementOutcome,
    StageGap,
)


class Who(StrEnum):
    """だれ: who takes a way out. Of `TWO` one requests and another approves; `ONE` records what was done elsewhere."""

    TWO = "二人"
    ONE = "一人"
    NIGHT = "夜"
    SYSTEM = "システム担当"


@dataclass(frozen=True, slots=True)
class Way:
    """出口: what is done, and by whom."""

    words: str
    who: Who


@dataclass(frozen=True, slots=True)
class State:
    """状態: its name and meaning, the ways out of it, and the values that the ledger and the reports have for it."""

    name: str
    meaning: str
    ways: tuple[Way, ...]
    values: tuple[StrEnum, ...] = ()


def _two(*words: str) -> tuple[Way, ...]:
    return tuple(Way(word, Who.TWO) for word in words)


def _one(*words: str) -> tuple[Way, ...]:
    return tuple(Way(word, Who.ONE) for word in words)


def _night(*words: str) -> tuple[Way, ...]:
    return tuple(Way(word, Who.NIGHT) for word in words)


def _system(*words: str) -> tuple[Way, ...]:
    return tuple(Way(word, Who.SYSTEM) for word in words)


def _ruled(*rulings: Ruling) -> tuple[Way, ...]:
    return _two(*(ruling.label for ruling in rulings))


def _exception(outcome: Outcome, meaning: str, *rulings: Ruling) -> State:
    return State(outcome.label, meaning, _ruled(*rulings), (outcome,))


def _hold(kind: HoldKind, meaning: str) -> State:
    ways = (*_night("止める最後の日が過ぎる"), *_two("督促を止める記録の取り消し"))
    return State(f"{kind.label}の記録あり", meaning, ways, (kind,))


_APPLY, _REFUND, _APPROPRIATE = Ruling.APPLY, Ruling.REFUND, Ruling.APPROPRIATE
_NOTED, _TAKE_BACK, _NOT_OURS = Ruling.NOTED, Ruling.TAKE_BACK, Ruling.NOT_OURS
_UNDO = Ruling.UNDO.label
_CLOSE = "差額の確認"

_FILES = (
    State(
        "未着・不足・順序外",
        "届くはずのファイルがそろわない",
        (*_night("届く"), *_system("来ない日だったとジョブに書く")),
        (ArrivalState.MISSING, ArrivalState.SHORT, ArrivalState.OUT_OF_SEQUENCE, Risk.FILES_MISSING),
    ),
    State("待ち", "まだ届く期限の前", _night("届く", "期限を過ぎて未着になる"), (ArrivalState.AWAITED,)),
    State("未取込", "受信箱にあり、まだ夜が見ていない", _night("次の夜が取り込むか、取込保留にする")),
    State(
        "取込保留",
        "信用できないか、送信中の名前なので、丸ごと計上していない",
        (*_night("直ったものが届く", "同じ中身を取り込む"), *_two("あきらめる")),
        (FileStatus.QUARANTINED, Risk.FILES_HELD),
    ),
    State(
        "確かめていない束",
        "手で打った束を、まだ二人が確かめていない。夜は取込保留にする",
        (*_two("束の確認を承認する", "束をあきらめる"), *_night("打ち直した束が届く")),
    ),
    State(
        "確かめた束",
        "二人が確かめ、まだ夜が取り込んでいない",
        (*_night("夜が取り込む"), *_two("確認の取り消し")),
    ),
    State("消し込んでいない収納", "夜が取り込んだ後で止まった", _night("もう一度の夜が消し込む"), (Risk.UNDECIDED,)),
)
_NOTICES = (
    State(
        "取り込まなかった行",
        "納付書データの行が規則に合わない。毎朝の指摘に残る",
        (
            *_night("正しい行が届く", "新しい発行連番の行が届く", "取消の行が届く", "調定データが届く"),
            *_two("行をあきらめる"),
        ),
    ),
    State("取り込んだ納付書データ", "納付書が台帳にある", _two("取込の取り消し")),
    State(
        "取り消した納付書データ",
        "納付書は取り消され、調定は取り込む前に戻った。同じ中身は取り込まない",
        _night("発行連番を増やした行が届く"),
    ),
    State("書き出した納付書情報", "共通納税IFSに登録していない。発送できない", _one("登録を記録する")),
    State("登録済", "共通納税IFSに登録したと記録した", _two("登録の記録の取り消し")),
    State("印刷済", "刷って検査を通った", _two("発送を承認する"), (PrintState.PRINTED,)),
    State("検査で止まった印刷", "刷り上がりの検査に指摘がある。発送できない", _one("刷り直す"), (PrintState.STOPPED,)),
    State(
        "発送の承認待ち",
        "発送を一人が申請した",
        (*_two("発送を承認する"), *_one("取り下げる・却下する")),
        (PrintState.REQUESTED,),
    ),
    State("取り下げた発送", "発送の申請を取り下げた", _two("申請し直して承認する"), (PrintState.WITHDRAWN,)),
    State("発送済", "二人が発送を認めた", _two("発送の承認の取り消し"), (PrintState.RELEASED,)),
)
_PAYMENTS = (
    State(
        Outcome.PENDING.label,
        "速報で、お金ではない",
        (
            *_night("確報が届く", "速報取消が届く", "期限を過ぎて速報のみ期限超過になる"),
            *_system("払込の契約がなければ書く"),
        ),
        (Outcome.PENDING,),
    ),
    State(
        StageGap.PRELIMINARY_ONLY.label,
        "決めた日数を過ぎても確報も取消も来ない",
        (*_night("確報が届く"), *_ruled(_NOTED)),
        (StageGap.PRELIMINARY_ONLY, Risk.OVERDUE),
    ),
    _exception(
        Outcome.CONFLICTS,
        "同じ収納が違う中身で届いた。全額が仮受",
        Ruling.REPLACE,
        _TAKE_BACK,
        _APPLY,
        _REFUND,
    ),
    _exception(Outcome.STAGE_UNEXPECTED, "確報の後の取消など。取消の記録にお金はない", _TAKE_BACK, _NOTED),
    State(
        Outcome.DOUBTFUL.label,
        "意味を人が決める記録。確報なら全額が仮受",
        (*_ruled(_APPLY, _REFUND, _TAKE_BACK),),
        (Outcome.DOUBTFUL,),
    ),
    State("結果未着", "引き落とせたかがまだわからない。お金はない", (*_night("結果が届く"), *_ruled(_NOTED))),
    _exception(Outcome.KEY_UNKNOWN, "照会キーの納付書がない。全額が仮受", _APPLY, _REFUND, _NOT_OURS),
    _exception(Outcome.CHECK_NO_DIFFERS, "確認番号が納付書と違う。全額が仮受", _APPLY, _REFUND, _NOT_OURS),
    _exception(Outcome.ITEM_OR_OFFICE_DIFFERS, "納付区分か機関コードが違う。全額が仮受", _APPLY, _REFUND, _NOT_OURS),
    _exception(Outcome.PAID_BEFORE_ISSUE, "納付書の発行より前の領収日。全額が仮受", _APPLY, _REFUND),
    _exception(Outcome.NOTICE_CANCELLED, "取り消された納付書で納めた。全額が仮受", _APPLY, _REFUND, _APPROPRIATE),
    _exception(Outcome.ALREADY_SETTLED, "もう納まった調定に納めた。全額が仮受", _APPROPRIATE, _REFUND, _TAKE_BACK),
    _exception(Outcome.OVERPAID, "多く納めた。超えた額が仮受", _APPROPRIATE, _REFUND),
    _exception(Outcome.UNDERPAID, "少なく納めた。額は調定に入り、残りは未収", _NOTED),
    State(
        "訂正・取消でお金のなくなった収納",
        "要確認だった先の収納に、二人が訂正か取消を認めた。仮受は 0円",
        _ruled(_NOTED),
    ),
    _exception(Outcome.REDUCED, "納めた後で調定が減った。超えた額が仮受", _APPROPRIATE, _REFUND),
    _exception(Outcome.REASSIGNED, "組替で調定から外れ、新しい調定に入らない額が仮受", _APPLY, _REFUND),
    State(
        "収納（一致・旧納付書・支払期限後）",
        "調定に計上した",
        (*_two(Ruling.REASSIGN.label), *_night("納付書の取消・減額で仮受へ移す")),
        (Outcome.MATCHED, Outcome.OLD_NOTICE, Outcome.LATE, Account.CLAIM),
    ),
)
_RULED = (
    State(
        "仮受（要確認）",
        "行き先が決まっていないお金",
        _two("上の表の決裁"),
        (Account.SUSPENSE, Risk.EXCEPTIONS),
    ),
    State(
        "保留・差戻し",
        "まだ決めないと決めた。要確認に残る",
        _two("決め直す"),
        (Ruling.HOLD, Ruling.SEND_BACK),
    ),
    State(
        Ruling.REFUND.label,
        "返すと決めた。お金は仮受のまま",
        (*_ruled(Ruling.REFUND_DECIDED, Ruling.TIME_BARRED, Ruling.TOO_SMALL), *_two(_UNDO)),
        (Ruling.REFUND,),
    ),
    State(
        Ruling.REFUND_DECIDED.label,
        "還付の決定日・番号を記した。お金は仮受のまま",
        (*_ruled(Ruling.PAID_OUT, Ruling.TIME_BARRED, Ruling.TOO_SMALL), *_two(_UNDO)),
        (Ruling.REFUND_DECIDED,),
    ),
    State(
        Ruling.PAID_OUT.label,
        "還付を支払った",
        (*_ruled(Ruling.BOUNCED), *_two(_UNDO)),
        (Ruling.PAID_OUT, Account.REFUNDED),
    ),
    State(
        Ruling.BOUNCED.label,
        "支払った還付が戻った。お金は仮受",
        (*_ruled(Ruling.PAID_OUT, Ruling.TIME_BARRED, Ruling.TOO_SMALL), *_two(_UNDO)),
        (Ruling.BOUNCED,),
    ),
    State(
        "時効・少額",
        "返さず歳入にした",
        _two(_UNDO),
        (Ruling.TIME_BARRED, Ruling.TOO_SMALL, Account.REVENUE),
    ),
    State(
        Ruling.NOT_OURS.label,
        "相手に返すと決めた。お金は仮受のまま",
        (*_ruled(Ruling.PASSED_ON), *_two(_UNDO)),
        (Ruling.NOT_OURS,),
    ),
    State(Ruling.PASSED_ON.label, "相手に返した", _two(_UNDO), (Ruling.PASSED_ON, Account.PASSED_ON)),
    State(
        "充てた・組み替えた",
        "決裁で調定に入れた",
        _two(_UNDO, Ruling.REASSIGN.label),
        (Ruling.APPLY, Ruling.APPROPRIATE, Ruling.REASSIGN),
    ),
    State(
        "訂正・収納の取消",
        "送付元の訂正・取消と認めた。取り消した額は「送付元の取消」",
        _two(_UNDO),
        (Ruling.REPLACE, Ruling.TAKE_BACK, Account.WITHDRAWN),
    ),
    State(Ruling.NOTED.label, "見たことを記した", _two(_UNDO), (Ruling.NOTED,)),
    State(_UNDO, "決裁を取り消した。収納は要確認か、前の一歩に戻る", _two("決め直す"), (Ruling.UNDO,)),
    State(
        RulingResult.STALE.label,
        "申請の後で収納か対象が変わり、承認しても反映しなかった",
        _two("決め直す"),
        (RulingResult.STALE,),
    ),
)
_REQUESTS = (
    State("承認待ち", "一人が申請した（どの種類の申請も）", (*_two("承認する"), *_one("取り下げる・却下する"))),
    State(
        "変わった後の申請",
        "申請の後で中身が変わった。決裁は承認すると「無効」、行のあきらめは残る行だけに効き、ほかは承認できない",
        _one("却下して申請し直す"),
    ),
)
_EXPORTS = (
    State("書き出していない計上", "まだ基幹システムに渡していない", _one("書き出す")),
    State(
        "未取込の書き出し",
        "基幹システムが取り込んでいない",
        (*_one("取込済を記録する", "もう一度書き出す"), *_two("書き出しの取り消し")),
    ),
    State("取り消した書き出し", "中の計上は書き出していないものに戻る", _one("次の書き出しに入る")),
    State("取込済の書き出し", "基幹システムが取り込んだと記録した", _two("取込済の記録の取り消し")),
)
_OPEN_LINE = (*_night("入金か収納が届いて一致する"), *_two(_CLOSE))
_SETTLEMENT = (
    State(
        SettlementOutcome.AWAITED.label,
        "入金の期限の前",
        _night("入金が届く", "期限を過ぎて入金なしになる"),
        (SettlementOutcome.AWAITED,),
    ),
    State(SettlementOutcome.DIFFERS.label, "収納と入金の額が違う", _OPEN_LINE, (SettlementOutcome.DIFFERS,)),
    State(SettlementOutcome.NO_MONEY.label, "期限を過ぎても入金がない", _OPEN_LINE, (SettlementOutcome.NO_MONEY,)),
    State(
        SettlementOutcome.NO_PAYMENTS.label,
        "入金に収納データがない",
        _OPEN_LINE,
        (SettlementOutcome.NO_PAYMENTS, Risk.MONEY),
    ),
    State(
        SettlementOutcome.NO_FUNDS_DAY.label,
        "確報に資金化日がない",
        (*_system("契約に資金化日の決め方を書く"), *_two(_CLOSE)),
        (SettlementOutcome.NO_FUNDS_DAY,),
    ),
    State(
        SettlementOutcome.NO_CONTRACT.label,
        "どの契約にも当てはまらない",
        (*_system("契約を書く"), *_two(_CLOSE)),
        (SettlementOutcome.NO_CONTRACT,),
    ),
    State(
        SettlementOutcome.CLOSED.label,
        "二人が理由を確かめて閉じた",
        _two("差額の確認の取り消し"),
        (SettlementOutcome.CLOSED,),
    ),
    State(
        "一致・手数料控除後一致・相殺",
        "突合が済んだ",
        _night("銀行の取消で開き直す"),
        (SettlementOutcome.AGREED, SettlementOutcome.AGREED_NET, SettlementOutcome.TAKEN_BACK),
    ),
)
_REMINDERS = (
    State(
        "妨げのある督促",
        "払ったかもしれない人がいるので、一覧を引かない",
        (*_night("妨げがなくなる"), *_two("妨げがあるまま引く")),
    ),
    State(
        "承認された督促の申請", "妨げがあるまま引くことを、二人が認めた。状況が変われば使えない", _one("一度だけ引く")
    ),
    State("引いた一覧", "まだ送っていない", _one("引抜を記録する", "発送を記録する", "引き直す")),
    State("発送を記録した一覧", "督促済。次の一覧に載らない", _two("発送の記録の取り消し")),
    State(
        f"{HoldKind.PULLED.label}の記録あり",
        "一つの一覧から抜いた",
        (*_one("次の一覧に載る"), *_two("督促を止める記録の取り消し")),
        (HoldKind.PULLED,),
    ),
    State(
        "督促の状況あり",
        "基幹システムのファイルが、督促を止める理由を伝えた",
        (*_night("最後の日が過ぎる", "解除の行が届く", "削除の行が届く"), *_two("督促の状況の取り消し")),
    ),
    _hold(HoldKind.RETURNED, "督促状か納付書が戻った"),
    _hold(HoldKind.BY_PUBLICATION, "公示送達をしている"),
    _hold(HoldKind.STOPPED, "督促を止めると決めた"),
    _hold(HoldKind.DEFERRED, "徴収を猶予した"),
    _hold(HoldKind.SUSPENDED, "滞納処分の執行を止めた"),
    _hold(HoldKind.INSTALMENTS, "分納の約束を守っている"),
    _hold(HoldKind.ELSEWHERE, "ここで刷った納付書を、よそから送った（督促は止めない）"),
)
_MONTHS = (
    State("未締の月", "月が終わり、まだ締めていない", _two("締める")),
    State("締済の月", "数字が決まった。その月までの日付では何も入らない", _two("今の月で訂正する")),
    State(
        "跡と合わない台帳",
        "台帳がない、古い、別のもの。どのコマンドも何も書かない",
        (*_system("正しい台帳を戻す"), *_two("この台帳で続ける", "新しい台帳を始める")),
    ),
)

WAYS_OUT: dict[str, tuple[State, ...]] = {
    "届いたファイル": _FILES,
    "納付書と印刷": _NOTICES,
    "収納": _PAYMENTS,
    "決裁と還付": _RULED,
    "申請": _REQUESTS,
    "基幹システムへの書き出し": _EXPORTS,
    "払込突合": _SETTLEMENT,
    "督促": _REMINDERS,
    "月と台帳": _MONTHS,
}
"""止まる状態 and the ways out, by what stands."""

NOTHING_WAITS: tuple[StrEnum, ...] = (
    FileStatus.ACCEPTED, FileStatus.REDELIVERED, Outcome.ALREADY_POSTED, Outcome.TAKEN_BACK, Outcome.NOT_COLLECTED,
    RulingResult.APPROVED, RulingResult.REFUSED, SettlementOutcome.OUTSIDE, StageGap.CONFIRMED_ONLY,
    ArrivalState.LATE, ArrivalState.ARRIVED, ArrivalState.UNEXPECTED,
)  # fmt: skip
"""待つもののない値: what is over, or has no yen and needs nobody."""


def states() -> Iterable[State]:
    """すべての状態, in the order of the table."""
    return (state for of_one in WAYS_OUT.values() for state in of_one)
