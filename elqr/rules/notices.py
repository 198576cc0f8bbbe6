"""Notice records (納付書データ) → what the ledger gains: claims, notices, keys, cancellations.

Pure: the store gives what is already there. Good rows go in, bad rows come back as findings with
their place. A registered notice is never changed: the same row again is `same`, another content is a
conflict. A reissue is a further notice for the same claim; a cancellation is a record of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from elqr.formats.decode import Decoded
from elqr.formats.sequence import RECORD_NO
from elqr.issue.layout import EARLIEST_YEAR, LATEST_YEAR
from elqr.rules.instalments import cancelled_notices, refuse_instalments_after_whole, whole_year_covers
from elqr.rules.row_checks import CLAIM_KEY, NOTICE_KEY, Registered, Sieve
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import MASKED, Finding
from elqr.vocabulary.frames import Claim, Notice, NoticeClaim, NoticeKey
from elqr.vocabulary.notice_frames import CANCEL, RefusedRow
from elqr.vocabulary.terms import KeyKind

_MOST_YEN = 99_999_999_999
GIVEN = [name for name in Notice.SCHEMA if name not in (Notice.NOTICE_NO, Notice.NOTICE_FILE_NO)]
"""What a row says of a notice; all of it must agree for a row to be the same notice."""


@dataclass(slots=True)
class JudgedRows:
    """取込の結果: new rows for the ledger, counts, findings of bad rows, and what bad and good rows say they are."""

    claims: pl.DataFrame
    notices: pl.DataFrame
    covers: pl.DataFrame
    keys: pl.DataFrame
    cancelled: pl.DataFrame
    rows_read: int
    rows_same: int
    rows_bad: int
    refused: pl.DataFrame
    good: pl.DataFrame
    findings: list[Finding] = field(default_factory=list)

    @property
    def rows_new(self) -> int:
        """新しい行: slips, and cancellations of slips."""
        return self.notices.height + self.cancelled.height


def rows_of(decoded: Decoded) -> pl.DataFrame:
    """納付書の行: decoded rows without a field finding; frame Notice's columns, record_no and change_kind."""
    rows = decoded.tables["notice"].filter(~pl.col(RECORD_NO).is_in(decoded.flawed))
    amounts = pl.col(Notice.PRINCIPAL_YEN) + pl.col(Notice.DEMAND_FEE_YEN) + pl.col(Notice.LATE_CHARGE_YEN)
    texts = pl.col(Notice.PAYER_NAME, Notice.POSTAL_CODE, Notice.ADDRESS).fill_null("")
    return rows.with_columns(amounts.alias(Notice.AMOUNT_YEN), texts)


def key_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """照会キー of each row: record_no, key_kind, key_digits, reissue_no."""
    digits = pl.concat_str("barcode.issuer", "barcode.company", "barcode.city_no")
    kinds = {
        KeyKind.ELQR: (pl.col(Notice.KEY_NO), pl.lit("")),
        KeyKind.BARCODE: (digits, pl.col("barcode.reissue_no")),
        KeyKind.CUSTOMER: (pl.col(Notice.CUSTOMER_NO), pl.lit("")),
    }
    parts = [
        rows.select(
            RECORD_NO,
            pl.lit(kind.value).alias(NoticeKey.KEY_KIND),
            key.alias(NoticeKey.KEY_DIGITS),
            reissue.fill_null("").alias(NoticeKey.REISSUE_NO),
        ).filter(pl.col(NoticeKey.KEY_DIGITS).is_not_null())
        for kind, (key, reissue) in kinds.items()
    ]
    return pl.concat(parts)


def judge_rows(
    decoded: Decoded,
    file: str,
    known_procedures: list[str],
    registered: Registered,
    first_claim_no: int,
    first_notice_no: int,
    *,
    is_sent: bool = True,
) -> JudgedRows:
    """取込: sieves the rows rule by rule, then numbers what is new.

    A row of a cancelled notice is told when the file `is_sent`, not when it lies where it was imported from.
    """
    sieve = Sieve(file, rows_of(decoded), list(decoded.findings), set(decoded.flawed))
    _row_rules(sieve, known_procedures)
    cancels = replace(sieve, rows=sieve.rows.filter(pl.col(RefusedRow.CHANGE_KIND) == CANCEL))
    sieve.rows = sieve.rows.filter(pl.col(RefusedRow.CHANGE_KIND) != CANCEL)
    record = decoded.spec.record_named("notice")
    assert record is not None, "a notice format has notices"
    titles = {field.name: field.title for field in record.fields}
    gone = cancelled_notices(registered, cancels.rows)
    if is_sent:
        _cancelled_rows(sieve, registered, cancels.rows)
    same = _changed_rows(sieve, registered.notices, titles)
    _order_of_issue(sieve, registered.notices)
    _keys_taken(sieve, registered.keys)
    refuse_instalments_after_whole(sieve, registered, gone)
    covers = whole_year_covers(sieve, registered.notices, gone)
    notices = sieve.rows.with_columns(
        pl.int_range(first_notice_no, first_notice_no + pl.len(), dtype=pl.Int64).alias(Notice.NOTICE_NO)
    )
    claims = _new_claims(notices, covers, registered.claims, first_claim_no)
    known_notices = pl.concat(
        [registered.notices.select(Notice.NOTICE_NO, *NOTICE_KEY), notices.select(Notice.NOTICE_NO, *NOTICE_KEY)]
    )
    cancelled, cancelled_before = _cancellations(cancels, known_notices, registered)
    numbers = notices.select(RECORD_NO, Notice.NOTICE_NO)
    file_rows = RefusedRow.of(decoded.tables["notice"])
    keys = key_rows(notices).join(numbers, on=RECORD_NO, validate="m:1", maintain_order="left")
    return JudgedRows(
        claims=claims,
        notices=notices,
        covers=_numbered_covers(notices, covers, pl.concat([registered.claims.select(*Claim.SCHEMA), claims])),
        keys=NoticeKey.of(keys),
        cancelled=cancelled,
        rows_read=decoded.record_count,
        rows_same=same + cancelled_before,
        rows_bad=len(sieve.flawed),
        refused=file_rows.filter(pl.col(RECORD_NO).is_in(sieve.flawed)),
        good=file_rows.filter(~pl.col(RECORD_NO).is_in(sieve.flawed)),
        findings=sorted(sieve.findings),
    )


def _row_rules(sieve: Sieve, known_procedures: list[str]) -> None:
    """Rules that look at one row."""
    procedure, amount = pl.col(Notice.PROCEDURE_CODE), pl.col(Notice.AMOUNT_YEN)
    due, until = pl.col(Notice.DUE_ON), pl.col(Notice.PAYABLE_UNTIL_ON)
    key, check = pl.col(Notice.KEY_NO), pl.col(Notice.CHECK_NO)
    limit = pl.col("barcode.payable_until")
    slip_limit = until.dt.to_string("%y%m%d")
    sieve.refuse(
        Code.PROCEDURE_UNKNOWN,
        "手続コード",
        ~procedure.is_in(known_procedures),
        procedure,
        pl.lit("手続台帳にある手続コード"),
    )
    sieve.refuse(
        Code.AMOUNT_NOT_POSITIVE,
        "合計額",
        ~amount.is_between(1, _MOST_YEN),
        pl.format("{}円", amount),
        pl.lit(f"1〜{_MOST_YEN:,}円"),
    )
    sieve.refuse(
        Code.DATES_REVERSED, "支払期限", until < due, until, pl.concat_str(due.cast(pl.String), pl.lit("以後"))
    )
    years = pl.lit(f"{EARLIEST_YEAR}〜{LATEST_YEAR}")
    for title, year in (("賦課年度", pl.col(Notice.LEVY_YEAR)), ("相当年度", pl.col(Notice.TAX_YEAR))):
        sieve.refuse(Code.YEAR_RANGE, title, ~year.is_between(EARLIEST_YEAR, LATEST_YEAR), year, years)
    number = pl.col(Notice.ISSUE_NO)
    sieve.refuse(Code.ISSUE_NO_ORDER, "発行連番", number < 1, number, pl.lit("1以上"))
    half = key.is_null() != check.is_null()
    sieve.refuse(Code.KEY_INCOMPLETE, "確認番号", half, pl.lit("片方だけ"), pl.lit("両方あるか、両方ない"))
    sieve.refuse(
        Code.BARCODE_DIFFERS,
        "バーコードの金額",
        pl.col("barcode.amount_yen") != amount,
        pl.col("barcode.amount_yen"),
        amount,
    )
    sieve.refuse(
        Code.BARCODE_DIFFERS, "バーコードの支払期限", (limit != slip_limit) & (limit != "999999"), limit, slip_limit
    )
    twice = pl.struct(*NOTICE_KEY, RefusedRow.CHANGE_KIND).is_first_distinct()
    sieve.refuse(Code.NOTICE_TWICE, "通知書番号", ~twice, pl.col(Notice.BILL_NO), pl.lit("一度だけ"))


def _plain(name: str) -> pl.Expr:
    """A value as people read it; 空欄 where there is none."""
    return pl.col(name).cast(pl.String).fill_null("空欄")


def _changed_rows(sieve: Sieve, registered: pl.DataFrame, titles: Mapping[str, str]) -> int:
    """登録済との比較: drops rows that are there already, refuses those with another content; counts the same ones."""
    personal = (Notice.PAYER_NAME, Notice.POSTAL_CODE, Notice.ADDRESS)
    held = registered.select(
        *NOTICE_KEY, *(pl.col(name).alias(f"held_{name}") for name in GIVEN if name not in NOTICE_KEY)
    )
    compared = [name for name in GIVEN if name not in NOTICE_KEY]
    rows = sieve.rows.join(
        held.with_columns(is_held=True), on=NOTICE_KEY, how="left", validate="m:1", maintain_order="left"
    )
    differs = {name: pl.col(name).ne_missing(pl.col(f"held_{name}")) for name in compared}
    named = {name: differ for name, differ in differs.items() if name in titles}

    def told(prefix: str) -> pl.Expr:
        parts = [
            pl.when(differ).then(
                pl.format("{} {}", pl.lit(titles[name]), pl.lit(MASKED) if name in personal else _plain(prefix + name))
            )
            for name, differ in named.items()
        ]
        return pl.concat_str(parts, separator="、", ignore_nulls=True)

    sieve.rows = rows
    both = pl.any_horizontal(*differs.values()) & pl.col("is_held")
    sieve.refuse(
        Code.NOTICE_CHANGED,
        "通知書番号",
        both,
        told(""),
        told("held_"),
    )
    same = sieve.rows.filter("is_held").height
    sieve.rows = sieve.rows.filter(pl.col("is_held").is_null()).drop("is_held", *(f"held_{name}" for name in compared))
    return same


def _cancelled_rows(sieve: Sieve, registered: Registered, cancels: pl.DataFrame) -> None:
    """取消は戻らない: the row of a notice that was cancelled before, sent again without its 取消, changes nothing."""
    newest = registered.notices.group_by(CLAIM_KEY).agg(pl.col(Notice.ISSUE_NO).max().alias("newest_no"))
    before = registered.notices.join(registered.cancelled, on=Notice.NOTICE_NO, how="semi").select(NOTICE_KEY)
    silent = before.join(cancels, on=NOTICE_KEY, how="anti").join(newest, on=CLAIM_KEY, validate="m:1")
    sieve.rows = sieve.rows.join(silent, on=NOTICE_KEY, how="left", validate="m:1", maintain_order="left")
    number = pl.col(Notice.ISSUE_NO)
    wanted = pl.format("再発行なら発行連番{}以上", pl.col("newest_no") + 1)
    is_silent = pl.col("newest_no").is_not_null()
    sieve.refuse(Code.CANCELLED_AGAIN, "発行連番", is_silent, pl.format("{}（取消済）", number), wanted)
    sieve.rows = sieve.rows.drop("newest_no")


def _order_of_issue(sieve: Sieve, registered: pl.DataFrame) -> None:
    """A new notice's 発行連番 must be past every registered one of its claim."""
    newest = registered.group_by(CLAIM_KEY).agg(pl.col(Notice.ISSUE_NO).max().alias("newest_no"))
    sieve.rows = sieve.rows.join(newest, on=CLAIM_KEY, how="left", validate="m:1", maintain_order="left")
    issue_no, newest_no = pl.col(Notice.ISSUE_NO), pl.col("newest_no")
    sieve.refuse(Code.ISSUE_NO_ORDER, "発行連番", issue_no <= newest_no, issue_no, pl.format("{}以上", newest_no + 1))
    sieve.rows = sieve.rows.drop("newest_no")


def _keys_taken(sieve: Sieve, owners: pl.DataFrame) -> None:
    """A key's digits name one claim only, in the ledger and within the file; an eL key one notice only."""
    key = [NoticeKey.KEY_KIND, NoticeKey.KEY_DIGITS]
    identity = pl.format("手続{} 賦課年度{} 相当年度{} 通知書番号{} 期別{}", *CLAIM_KEY)
    slip = pl.format("{} 発行連番{}", identity, Notice.ISSUE_NO)
    is_elqr = pl.col(NoticeKey.KEY_KIND) == KeyKind.ELQR.value
    owned = owners.select(*key, pl.when(is_elqr).then(slip).otherwise(identity).alias("owner")).unique(
        key, keep="first"
    )
    identities = sieve.rows.select(RECORD_NO, identity.alias("claim"), slip.alias("issue"))
    asked = key_rows(sieve.rows).join(identities, on=RECORD_NO, validate="m:1", maintain_order="left")
    asked = asked.with_columns(pl.when(is_elqr).then("issue").otherwise("claim").alias("asker"))
    asked = asked.join(owned, on=key, how="left", validate="m:1", maintain_order="left").sort(RECORD_NO)
    asked = asked.with_columns(pl.coalesce("owner", pl.col("asker").first().over(key)).alias("owner"))
    taken = (
        asked.filter(pl.col("owner") != pl.col("asker"))
        .group_by(RECORD_NO, maintain_order=True)
        .agg(pl.col(NoticeKey.KEY_DIGITS).first().alias("taken_key"), pl.col("owner").first().alias("key_owner"))
    )
    sieve.rows = sieve.rows.join(taken, on=RECORD_NO, how="left", validate="1:1", maintain_order="left")
    is_taken = pl.col("taken_key").is_not_null()
    sieve.refuse(
        Code.KEY_TAKEN,
        "照会キー",
        is_taken,
        pl.format("{}は「{}」のキー", "taken_key", "key_owner"),
        pl.lit("未使用のキー"),
    )
    sieve.rows = sieve.rows.drop("taken_key", "key_owner")


def _new_claims(notices: pl.DataFrame, covers: pl.DataFrame, registered: pl.DataFrame, first_no: int) -> pl.DataFrame:
    single = notices.join(covers.select(RECORD_NO).unique(), on=RECORD_NO, how="anti", maintain_order="left")
    fresh = single.unique(CLAIM_KEY, keep="first", maintain_order=True).join(
        registered, on=CLAIM_KEY, how="anti", maintain_order="left"
    )
    return Claim.of(
        fresh.with_columns(pl.int_range(first_no, first_no + pl.len(), dtype=pl.Int64).alias(Claim.CLAIM_NO))
    )


def _numbered_covers(notices: pl.DataFrame, covers: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """What each new notice pays, by number: its own claim, or for a 全期 slip the instalments."""
    numbers = claims.select(Claim.CLAIM_NO, *CLAIM_KEY)
    single = notices.join(covers.select(RECORD_NO).unique(), on=RECORD_NO, how="anti", maintain_order="left")
    single = single.select(Notice.NOTICE_NO, *CLAIM_KEY, pl.col(Notice.AMOUNT_YEN).alias(NoticeClaim.COVER_YEN))
    whole = covers.join(
        notices.select(RECORD_NO, Notice.NOTICE_NO), on=RECORD_NO, validate="m:1", maintain_order="left"
    )
    both = pl.concat([single, whole.select(single.columns)]).join(
        numbers, on=CLAIM_KEY, validate="m:1", maintain_order="left"
    )
    assert both.height == single.height + whole.height, "every notice pays claims that are registered"
    return NoticeClaim.of(both)


def _cancellations(sieve: Sieve, notices: pl.DataFrame, registered: Registered) -> tuple[pl.DataFrame, int]:
    """取消: the notices that rows of kind 9 name; and how many of the rows cancel nothing that stands.

    The 取消 of a row that was refused, and never came right, takes that row back.
    """
    refused = registered.refused.select(NOTICE_KEY).unique().with_columns(is_refused=True)
    for frame in (notices, refused):
        sieve.rows = sieve.rows.join(frame, on=NOTICE_KEY, how="left", validate="m:1", maintain_order="left")
    missing = pl.col(Notice.NOTICE_NO).is_null()
    unknown = missing & pl.col("is_refused").is_null()
    sieve.refuse(Code.CANCEL_TARGET, "通知書番号", unknown, pl.col(Notice.BILL_NO), pl.lit("登録済の納付書"))
    named = sieve.rows.select(Notice.NOTICE_NO)
    fresh = named.drop_nulls().join(registered.cancelled, on=Notice.NOTICE_NO, how="anti", maintain_order="left")
    return fresh, named.height - fresh.height
