"""Notice records (納付書データ) → what the ledger gains: claims, notices, keys and cancellations.

Pure: the store passes in what is registered. Good rows go in; bad rows come back as findings with their place. A
registered notice never changes: the same row again counts as `same`, and different content is a conflict. A reissue is
a further notice for the same claim. A cancellation is a record of its own. Rows stay apart through all checks; those of
one notice for several claims (elqr/rules/joint_notices.py) become one when they are numbered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from elqr.arithmetic.person_name import differs_in_form_only
from elqr.formats.decode import Decoded
from elqr.formats.headings import place_in_sheet
from elqr.formats.sequence import RECORD_NO
from elqr.issue.layout import EARLIEST_YEAR, LATEST_YEAR
from elqr.rules.claim_changes import (
    ASKS_ONLY,
    Cancelled,
    Incoming,
    cancellations,
    entries_of_file,
    mark_stated,
    own_notices,
    refuse_beyond_stated,
    refuse_contradictions,
    refuse_said_changes,
    refuse_unsaid_changes,
)
from elqr.rules.instalments import (
    cancelled_notices,
    refuse_instalments_after_whole,
    whole_year_covers,
    without_whole,
)
from elqr.rules.joint_notices import (
    JOINT_NO,
    JOINT_YEN,
    collapse_rows,
    file_rows,
    is_line,
    joint_rows,
    mark_joint,
    refuse_beside_unnamed,
    refuse_differing,
    refuse_halves,
)
from elqr.rules.notice_keys import key_rows, refuse_taken_keys
from elqr.rules.row_checks import CLAIM_KEY, NOTICE_KEY, Registered, Sieve
from elqr.rules.sheet_damage import refuse_damaged
from elqr.vocabulary.claim_frames import OwnNotice
from elqr.vocabulary.claim_terms import PARTS
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import LISTED_PER_CODE, MASKED, Finding
from elqr.vocabulary.frames import Claim, Notice, NoticeClaim, NoticeKey
from elqr.vocabulary.notice_frames import CANCEL, NOTICE_KIND, NoticeLine, RefusedRow

_MOST_YEN = 99_999_999_999
GIVEN = [name for name in Notice.SCHEMA if name not in (Notice.NOTICE_NO, Notice.NOTICE_FILE_NO, Notice.CHANGE_REASON)]
"""What a row says about a notice. It is the same notice only if all of these agree, whatever 異動事由 it gives."""

_KNOWN_BY = (Notice.NOTICE_NO, *NOTICE_KEY, Notice.PART_KIND)
"""What tells the notices that are known apart."""

_LIMITS = {Notice.BARCODE_UNTIL_ON: "バーコード期限", Notice.MPN_UNTIL_ON: "MPN期限"}
_LATER_COLUMNS = (Notice.PENSION_NO, Notice.CHANGE_REASON, NOTICE_KIND, *_LIMITS)
"""Columns that a city's own format of notice files may lack."""


@dataclass(slots=True)
class JudgedRows:
    """取込の結果: new rows for the ledger, counts, findings, and the file's bad and good rows (frame RefusedRow)."""

    incoming: Incoming
    claims: pl.DataFrame
    notices: pl.DataFrame
    lines: pl.DataFrame
    covers: pl.DataFrame
    keys: pl.DataFrame
    cancelled: Cancelled
    entries: pl.DataFrame
    rows_read: int
    rows_issued: int
    rows_same: int
    rows_bad: int
    refused: pl.DataFrame
    good: pl.DataFrame
    findings: list[Finding] = field(default_factory=list)

    @property
    def rows_new(self) -> int:
        """新しい行の数: of notices and of cancellations."""
        return self.rows_issued + self.cancelled.rows_new


def rows_of(decoded: Decoded) -> pl.DataFrame:
    """納付書の行: rows without a field finding, with columns of frame Notice, record_no and change_kind."""
    rows = decoded.tables["notice"].filter(~pl.col(RECORD_NO).is_in(decoded.flawed))
    amounts = pl.col(Notice.PRINCIPAL_YEN) + pl.col(Notice.DEMAND_FEE_YEN) + pl.col(Notice.LATE_CHARGE_YEN)
    texts = pl.col(Notice.PAYER_NAME, Notice.POSTAL_CODE, Notice.ADDRESS).fill_null("")
    absent = [pl.lit(None, name.dtype).alias(name) for name in _LATER_COLUMNS if name not in rows.columns]
    rows = rows.with_columns(amounts.alias(Notice.AMOUNT_YEN), texts, *absent)
    is_part = pl.col(NOTICE_KIND).is_in([kind.value for kind in PARTS])
    return rows.with_columns(pl.when(is_part).then(NOTICE_KIND).alias(Notice.PART_KIND))


def says_reasons(decoded: Decoded) -> bool:
    """異動事由の書けるファイルか: whether it has the column. If so, a 取消 without a reason takes back the paper."""
    return Notice.CHANGE_REASON in decoded.tables["notice"].columns and Notice.CHANGE_REASON not in decoded.left_out


def judge_rows(
    decoded: Decoded,
    incoming: Incoming,
    known_procedures: list[str],
    registered: Registered,
    *,
    is_sent: bool = True,
) -> JudgedRows:
    """取込: sieve the rows rule by rule, then number what is new.

    A row of a notice that was cancelled before is refused only when the file `is_sent`. A known file that still lies
    where it was imported from says nothing new, and no row of it that has ended (`without_ended`) comes in any more.
    """
    sieve = Sieve(incoming.name, rows_of(decoded), list(decoded.findings), set(decoded.flawed))
    joint = joint_rows(decoded.tables["notice"], sieve.flawed)
    sieve.rows = mark_joint(mark_stated(sieve.rows, registered, incoming), joint)
    ended = set[int]() if is_sent else _drop_ended(sieve, registered)
    _refuse_by_row(sieve, known_procedures)
    refuse_contradictions(sieve)
    refuse_said_changes(sieve)
    cancels = replace(sieve, rows=sieve.rows.filter(pl.col(RefusedRow.CHANGE_KIND) == CANCEL))
    sieve.rows = sieve.rows.filter(pl.col(RefusedRow.CHANGE_KIND) != CANCEL)
    cancel_keys = _cancel_keys(cancels.rows, registered.notices)
    gone = cancelled_notices(registered, cancel_keys)
    if is_sent:
        _refuse_cancelled(sieve, registered, cancel_keys)
    refuse_damaged(sieve, decoded, _titles(decoded))
    same = _refuse_changed(sieve, registered.notices, _titles(decoded))
    refuse_differing(sieve, _titles(decoded))
    covers = _refuse_new(sieve, registered, cancels.rows, gone, incoming)
    refuse_beside_unnamed(sieve, decoded.tables["notice"], set(decoded.flawed))
    refuse_halves(sieve, joint, ended)
    rows = _numbered_rows(sieve.rows, incoming)
    notices, is_of_line = collapse_rows(rows), is_line(rows)
    claims = _new_claims(rows, covers, registered.claims, incoming.claim_no)
    known_notices = pl.concat([registered.notices.select(_KNOWN_BY), rows.select(_KNOWN_BY)])
    all_claims = pl.concat([registered.claims.select(*Claim.SCHEMA), claims])
    new = own_notices(rows.filter(~is_of_line), covers, all_claims, incoming.night_on)
    of_claims = pl.concat([registered.asked.notices, new]).select(OwnNotice.NOTICE_NO, OwnNotice.CLAIM_NO)
    known_notices = known_notices.join(of_claims, on=Notice.NOTICE_NO, how="left", validate="m:1")
    cancelled = cancellations(cancels, known_notices, registered, incoming)
    numbers, all_rows = notices.select(RECORD_NO, Notice.NOTICE_NO), file_rows(decoded, joint)
    keys = key_rows(notices).join(numbers, on=RECORD_NO, validate="m:1", maintain_order="left")
    return JudgedRows(
        incoming=incoming,
        claims=claims,
        notices=notices,
        lines=NoticeLine.of(rows.filter(is_of_line).join(all_claims, on=CLAIM_KEY, validate="m:1")),
        covers=_numbered_covers(rows, covers, all_claims),
        keys=NoticeKey.of(keys),
        cancelled=cancelled,
        entries=entries_of_file(registered, new, cancelled, incoming),
        rows_read=decoded.record_count,
        rows_issued=rows.height,
        rows_same=len(ended) + same + cancelled.rows_same,
        rows_bad=len(sieve.flawed),
        refused=all_rows.filter(pl.col(RECORD_NO).is_in(sieve.flawed)),
        good=all_rows.filter(~pl.col(RECORD_NO).is_in(sieve.flawed | ended)),
        findings=sorted(place_in_sheet(sieve.findings, decoded.sheet)),
    )


def _refuse_new(
    sieve: Sieve, registered: Registered, cancels: pl.DataFrame, gone: pl.DataFrame, incoming: Incoming
) -> pl.DataFrame:
    """新しい行の検査, against what the ledger and the file have. Returns what 全期 notices cover."""
    _refuse_old_issues(sieve, registered.notices)
    refuse_taken_keys(sieve, registered.keys)
    refuse_instalments_after_whole(sieve, registered, gone)
    covers = whole_year_covers(sieve, registered, gone, pl.col(ASKS_ONLY))
    _refuse_by_claims(sieve, registered, cancels, covers, incoming)
    return covers


def _refuse_by_claims(
    sieve: Sieve, registered: Registered, cancels: pl.DataFrame, covers: pl.DataFrame, incoming: Incoming
) -> None:
    """調定との照合: rows that ask for what is not owed, by claim files or by the notices before them."""
    stated, others = (replace(sieve, rows=sieve.rows.filter(is_one)) for is_one in (ASKS_ONLY, ~pl.col(ASKS_ONLY)))
    refuse_beyond_stated(stated, registered, covers)
    refuse_unsaid_changes(others, registered, cancels, covers, says_reasons=incoming.says_reasons)
    sieve.rows = pl.concat([stated.rows, others.rows]).sort(RECORD_NO)


def _titles(decoded: Decoded) -> dict[str, str]:
    """The file's own titles of the notice's fields, by the fields' names."""
    record = decoded.spec.record_named("notice")
    assert record is not None, "a notice format has notices"
    titles = {field.name: field.title for field in record.fields}
    return titles | {Notice.PART_KIND: titles.get(NOTICE_KIND, "納付種別")}


def _refuse_by_row(sieve: Sieve, known_procedures: list[str]) -> None:
    """行ごとの検査: the rules that look at one row alone."""
    procedure, amount = pl.col(Notice.PROCEDURE_CODE), pl.col(Notice.AMOUNT_YEN)
    due, until = pl.col(Notice.DUE_ON), pl.col(Notice.PAYABLE_UNTIL_ON)
    key, check = pl.col(Notice.KEY_NO), pl.col(Notice.CHECK_NO)
    limit = pl.col("barcode.payable_until")
    notice_limit = pl.coalesce(Notice.BARCODE_UNTIL_ON, until).dt.to_string("%y%m%d")
    sieve.refuse(
        Code.PROCEDURE_UNKNOWN,
        "手続コード",
        ~procedure.is_in(known_procedures),
        procedure,
        pl.lit(f"手続台帳にある手続コード（{'・'.join(known_procedures)}）"),
    )
    sieve.refuse(
        Code.AMOUNT_NOT_POSITIVE,
        "合計額",
        ~amount.is_between(1, _MOST_YEN),
        pl.format("{}円", amount),
        pl.lit(f"1〜{_MOST_YEN:,}円"),
    )
    for title, on in (("支払期限", until), *((title, pl.col(name)) for name, title in _LIMITS.items())):
        sieve.refuse(Code.DATES_REVERSED, title, on < due, on, pl.concat_str(due.cast(pl.String), pl.lit("以後")))
    years = pl.lit(f"{EARLIEST_YEAR}〜{LATEST_YEAR}")
    for title, year in (("賦課年度", pl.col(Notice.LEVY_YEAR)), ("相当年度", pl.col(Notice.TAX_YEAR))):
        sieve.refuse(Code.YEAR_RANGE, title, ~year.is_between(EARLIEST_YEAR, LATEST_YEAR), year, years)
    number = pl.col(Notice.ISSUE_NO)
    sieve.refuse(Code.ISSUE_NO_ORDER, "発行連番", number < 1, number, pl.lit("1以上"))
    is_half = key.is_null() != check.is_null()
    sieve.refuse(Code.KEY_INCOMPLETE, "確認番号", is_half, pl.lit("片方だけ"), pl.lit("両方あるか、両方ない"))
    sieve.refuse(
        Code.BARCODE_DIFFERS,
        "バーコードの金額",
        pl.col("barcode.amount_yen") != pl.col(JOINT_YEN),
        pl.col("barcode.amount_yen"),
        pl.col(JOINT_YEN),
    )
    sieve.refuse(
        Code.BARCODE_DIFFERS, "バーコードの支払期限", (limit != notice_limit) & (limit != "999999"), limit, notice_limit
    )
    is_first = pl.struct(*NOTICE_KEY, RefusedRow.CHANGE_KIND).is_first_distinct()
    sieve.refuse(Code.NOTICE_TWICE, "通知書番号", ~is_first, pl.col(Notice.BILL_NO), pl.lit("一度だけ"))


def _value_text(name: str) -> pl.Expr:
    """値の文字: a value as people read it, 空欄 where there is none."""
    return pl.col(name).cast(pl.String).fill_null("空欄")


def _refuse_changed(sieve: Sieve, registered: pl.DataFrame, titles: Mapping[str, str]) -> int:
    """登録済との比較: refuse rows that differ from the registered notice, drop those that equal it, and count these."""
    personal = Notice.PERSONAL
    known = registered.select(
        *NOTICE_KEY, *(pl.col(name).alias(f"known_{name}") for name in GIVEN if name not in NOTICE_KEY)
    )
    compared = [name for name in GIVEN if name not in NOTICE_KEY]
    rows = sieve.rows.join(
        known.with_columns(is_known=True), on=NOTICE_KEY, how="left", validate="m:1", maintain_order="left"
    )
    differs = {name: pl.col(name).ne_missing(pl.col(f"known_{name}")) for name in compared}
    titled = {name: differ for name, differ in differs.items() if name in titles}

    def describe(prefix: str) -> pl.Expr:
        parts = [
            pl.when(differ).then(
                pl.format(
                    "{} {}", pl.lit(titles[name]), pl.lit(MASKED) if name in personal else _value_text(prefix + name)
                )
            )
            for name, differ in titled.items()
        ]
        return pl.concat_str(parts, separator="、", ignore_nulls=True)

    sieve.rows = rows
    is_changed = pl.any_horizontal(*differs.values()) & pl.col("is_known")
    respelt = pl.when(_is_respelt(rows)).then(pl.lit("（氏名は字体か空白だけの違い）"))
    registered_text = pl.concat_str(describe("known_"), respelt, ignore_nulls=True)
    sieve.refuse(Code.NOTICE_CHANGED, "通知書番号", is_changed, describe(""), registered_text)
    same = sieve.rows.filter("is_known").height
    sieve.rows = sieve.rows.filter(pl.col("is_known").is_null()).drop(
        "is_known", *(f"known_{name}" for name in compared)
    )
    return same


def _is_respelt(rows: pl.DataFrame) -> pl.Expr:
    """氏名の字体か空白だけが違うか, of rows beside their notices. The names are masked, so that nobody could see it."""
    name, known = Notice.PAYER_NAME, f"known_{Notice.PAYER_NAME}"
    differing = rows.filter(pl.col("is_known") & (pl.col(name) != pl.col(known))).head(LISTED_PER_CODE)
    pairs = differing.select(RECORD_NO, name, known).iter_rows()
    numbers = [no for no, name_now, name_then in pairs if differs_in_form_only(name_now, name_then)]
    return pl.col(RECORD_NO).is_in(pl.Series(numbers, dtype=pl.Int64).implode())


def _drop_ended(sieve: Sieve, registered: Registered) -> set[int]:
    """終わった行を除く, those that could not be read as well. Returns their record_no."""
    before = set(sieve.rows[RECORD_NO])
    sieve.rows = without_ended(sieve.rows, registered)
    unread = sieve.flawed & registered.over
    sieve.flawed -= unread
    sieve.findings = [finding for finding in sieve.findings if finding.at.record_no not in unread]
    return before.difference(sieve.rows[RECORD_NO]) | unread


def without_ended(rows: pl.DataFrame, registered: Registered) -> pl.DataFrame:
    """終わった行を除く: `rows` without those that waited, and were taken back, given up, or right in another file.

    A row that was right elsewhere is out only while the ledger has its notice or a newer one.
    """
    row_key = [*NOTICE_KEY, RefusedRow.CHANGE_KIND]
    newest = registered.notices.group_by(CLAIM_KEY).agg(pl.col(Notice.ISSUE_NO).max().alias("newest_no"))
    righted = registered.righted.join(newest, on=CLAIM_KEY).filter(pl.col(Notice.ISSUE_NO) <= pl.col("newest_no"))
    over = pl.concat([registered.given_up.select(row_key), righted.select(row_key)])
    over = over.join(registered.refused, on=row_key, how="anti")
    ended = pl.concat([registered.withdrawn.select(row_key), over]).unique()
    return rows.join(ended, on=row_key, how="anti", maintain_order="left")


def _cancel_keys(cancels: pl.DataFrame, registered: pl.DataFrame) -> pl.DataFrame:
    """取消の名指す行: NOTICE_KEY of these, and of the other rows of a registered notice for several claims."""
    named = cancels.select(NOTICE_KEY)
    numbers = registered.join(named, on=NOTICE_KEY, how="semi").select(Notice.NOTICE_NO)
    others = registered.join(numbers, on=Notice.NOTICE_NO, how="semi").select(NOTICE_KEY)
    return pl.concat([named, others]).unique(maintain_order=True)


def _refuse_cancelled(sieve: Sieve, registered: Registered, cancels: pl.DataFrame) -> None:
    """取消は戻らない: refuse the row of a cancelled notice that is sent again without its 取消 (`cancels`)."""
    withdrawn = registered.withdrawn.select(NOTICE_KEY)
    known = pl.concat([registered.notices.select(NOTICE_KEY), withdrawn])
    newest = known.group_by(CLAIM_KEY).agg(pl.col(Notice.ISSUE_NO).max().alias("newest_no"))
    cancelled = registered.notices.join(registered.cancelled, on=Notice.NOTICE_NO, how="semi").select(NOTICE_KEY)
    cancelled = pl.concat([cancelled, withdrawn]).unique()
    without_cancel = cancelled.join(cancels, on=NOTICE_KEY, how="anti").join(newest, on=CLAIM_KEY, validate="m:1")
    sieve.rows = sieve.rows.join(without_cancel, on=NOTICE_KEY, how="left", validate="m:1", maintain_order="left")
    number = pl.col(Notice.ISSUE_NO)
    wanted = pl.format("再発行なら発行連番{}以上", pl.col("newest_no") + 1)
    is_cancelled = pl.col("newest_no").is_not_null()
    sieve.refuse(Code.CANCELLED_AGAIN, "発行連番", is_cancelled, pl.format("{}（取消済）", number), wanted)
    sieve.rows = sieve.rows.drop("newest_no")


def _refuse_old_issues(sieve: Sieve, registered: pl.DataFrame) -> None:
    """発行連番の順: a new notice needs a higher 発行連番 than every registered notice of its claim."""
    newest = registered.group_by(CLAIM_KEY).agg(pl.col(Notice.ISSUE_NO).max().alias("newest_no"))
    sieve.rows = sieve.rows.join(newest, on=CLAIM_KEY, how="left", validate="m:1", maintain_order="left")
    issue_no, newest_no = pl.col(Notice.ISSUE_NO), pl.col("newest_no")
    sieve.refuse(Code.ISSUE_NO_ORDER, "発行連番", issue_no <= newest_no, issue_no, pl.format("{}以上", newest_no + 1))
    sieve.rows = sieve.rows.drop("newest_no")


def _numbered_rows(rows: pl.DataFrame, incoming: Incoming) -> pl.DataFrame:
    """番号のある行: rows of one notice have one number."""
    return rows.with_columns(
        (pl.col(JOINT_NO).rank("dense").cast(pl.Int64) + (incoming.notice_no - 1)).alias(Notice.NOTICE_NO),
        pl.lit(incoming.file_no, dtype=pl.Int64).alias(Notice.NOTICE_FILE_NO),
    )


def _new_claims(notices: pl.DataFrame, covers: pl.DataFrame, registered: pl.DataFrame, first_no: int) -> pl.DataFrame:
    single = without_whole(notices, covers)
    fresh = single.unique(CLAIM_KEY, keep="first", maintain_order=True).join(
        registered, on=CLAIM_KEY, how="anti", maintain_order="left"
    )
    return Claim.of(
        fresh.with_columns(pl.int_range(first_no, first_no + pl.len(), dtype=pl.Int64).alias(Claim.CLAIM_NO))
    )


def _numbered_covers(notices: pl.DataFrame, covers: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """納付書が払う調定: frame NoticeClaim. A new 全期 notice pays the instalments, any other row its own claim."""
    numbers = claims.select(Claim.CLAIM_NO, *CLAIM_KEY)
    single = without_whole(notices, covers)
    single = single.select(Notice.NOTICE_NO, *CLAIM_KEY, pl.col(Notice.AMOUNT_YEN).alias(NoticeClaim.COVER_YEN))
    whole = covers.join(
        notices.select(RECORD_NO, Notice.NOTICE_NO), on=RECORD_NO, validate="m:1", maintain_order="left"
    )
    both = pl.concat([single, whole.select(single.columns)]).join(
        numbers, on=CLAIM_KEY, validate="m:1", maintain_order="left"
    )
    assert both.height == single.height + whole.height, "every notice pays claims that are registered"
    return NoticeClaim.of(both)
