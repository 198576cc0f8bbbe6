"""The ledger's tables (台帳の表): what a night reads, matches, posts, issues and prints."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, PrimaryKeyConstraint, UniqueConstraint

from elqr.store.db.schema import Text, Whole, added_later, columns, findings, index, one_of, table, texts
from elqr.vocabulary import claim_frames, frames, notice_frames
from elqr.vocabulary.terms import PrintState

NIGHT = "夜間消込"
"""`decided_by` of a posting that no person decided on."""

_CLAIM_KEY = tuple(frames.ClaimKey.SCHEMA)

setting = table("setting", Column("name", Text, primary_key=True), Column("value", Text, nullable=False))
"""台帳の設定: the schema's version, and what a migration noted."""

LAST_WITHOUT_RECEIVED = "last_file_without_received_on"
"""The setting that names the last file from which an older program did not take the 収入日; new ledgers have none."""

counter = table("counter", Column("name", Text, primary_key=True), Column("value", Whole, nullable=False))
"""連番: the last serial handed out. Its rows change, as those of `setting` do."""

run = table(
    "run",
    Column("run_no", Whole, primary_key=True, autoincrement=False),
    Column("run_id", Text, nullable=False, unique=True),
    *texts("night_on", "entry"),
    Column("previous_hash", Text, nullable=False, unique=True),
    Column("hash", Text, nullable=False, unique=True),
    Index("run_by_night", "night_on"),
)
"""実行: the hash chain of all runs and acts of people that changed the ledger."""

ledger_start = table(
    "ledger_start",
    Column("start_no", Whole, primary_key=True, autoincrement=False),
    *texts("ledger_id", "numbers", "started_at", "started_by", "approved_by", "reason"),
)
"""台帳の始まり: the ledger's id from its creation, then a row for each restart by two people, after a restore or with a
new ledger, with the numbers that had been handed out by then."""

claim = table(
    "claim",
    *columns(frames.Claim, key="claim_no"),
    UniqueConstraint(*_CLAIM_KEY),
    Index("claim_by_payer", "payer_ref"),
)

claim_entry = table(
    "claim_entry",
    *columns(claim_frames.ClaimEntry, nullable=("notice_no", "state_no", "fee_no")),
    PrimaryKeyConstraint("claim_no", "entry_no"),
    CheckConstraint("principal_yen <> 0 OR demand_fee_yen <> 0 OR late_charge_yen <> 0"),
    without_rowid=True,
)
"""調定異動: what is owed on a claim is the sum of its rows here."""

notice_file = table(
    "notice_file",
    Column("notice_file_no", Whole, primary_key=True, autoincrement=False),
    *texts("sha256", "name", "night_on"),
    Column("rows_read", Whole, nullable=False),
    Column("rows_new", Whole, nullable=False),
    Column("rows_same", Whole, nullable=False),
    Column("rows_bad", Whole, nullable=False),
    Column("retracts_no", Whole),
    index("notice_file_retracted", "retracts_no", unique=True, where=Column("retracts_no", Whole).is_not(None)),
)
"""納付書データの取込. A row with `retracts_no` brings no rows: by it two people took back the import of that number."""

notice_finding = findings("notice_finding", "notice_file.notice_file_no")

notice = table(
    "notice",
    *columns(
        frames.Notice,
        nullable=(
            "key_no",
            "check_no",
            "barcode",
            "customer_no",
            "pension_no",
            "change_reason",
            "part_kind",
            "barcode_until_on",
            "mpn_until_on",
        ),
        key="notice_no",
    ),
    UniqueConstraint(*_CLAIM_KEY, "issue_no"),
    UniqueConstraint("key_no"),
    index("notice_reissued", *_CLAIM_KEY, "issue_no", where=Column("issue_no", Whole) > 1),
    index("notice_part", *_CLAIM_KEY, where=Column("part_kind").is_not(None)),
    index("notice_with_account", "due_on", "procedure_code", where=Column("customer_no").is_not(None)),
    CheckConstraint("amount_yen > 0 AND amount_yen = principal_yen + demand_fee_yen + late_charge_yen"),
    CheckConstraint("principal_yen >= 0 AND demand_fee_yen >= 0 AND late_charge_yen >= 0"),
)

notice_claim = table(
    "notice_claim",
    *columns(frames.NoticeClaim),
    PrimaryKeyConstraint("notice_no", "claim_no"),
    CheckConstraint("cover_yen > 0"),
    Index("notice_claim_by_claim", "claim_no"),
    without_rowid=True,
)

notice_line = table(
    "notice_line",
    *columns(notice_frames.NoticeLine, nullable=("customer_no", "pension_no")),
    PrimaryKeyConstraint("notice_no", "claim_no"),
    UniqueConstraint("claim_no", "issue_no"),
    CheckConstraint("principal_yen >= 0 AND demand_fee_yen >= 0 AND late_charge_yen >= 0"),
    CheckConstraint("principal_yen + demand_fee_yen + late_charge_yen > 0"),
    without_rowid=True,
)
"""納付書の行: what a 分納 notice for several claims asks of each of them. Other notices have no row here."""

notice_key = table(
    "notice_key",
    *columns(frames.NoticeKey),
    PrimaryKeyConstraint("key_kind", "key_digits", "notice_no"),
    without_rowid=True,
)

notice_cancel = table(
    "notice_cancel",
    Column("notice_no", Whole, ForeignKey("notice.notice_no"), primary_key=True, autoincrement=False),
    Column("night_on", Text, nullable=False),
    Column("notice_file_no", Whole, ForeignKey("notice_file.notice_file_no"), nullable=False),
    Column("is_paper_only", Whole),
    Index("notice_cancel_by_file", "notice_file_no"),
)
"""納付書の取消. `is_paper_only`: the claim stays as it is. It is null where the file could not say."""

claim_cancel = table(
    "claim_cancel",
    *columns(claim_frames.ClaimCancel, key="notice_no"),
    Index("claim_cancel_by_file", "notice_file_no"),
    Index("claim_cancel_by_claim", "claim_no"),
)
"""調定取消, by the notice whose row said so."""

upload = table(
    "upload",
    Column("upload_no", Whole, primary_key=True, autoincrement=False),
    Column("night_on", Text, nullable=False),
    Column("file_name", Text, nullable=False, unique=True),
    Column("notices", Whole, nullable=False),
    Column("yen", Whole, nullable=False),
    Column("sha256", Text, nullable=False),
)

payload = table(
    "payload",
    *columns(frames.Payload, key="notice_no"),
    UniqueConstraint("key_no"),
    CheckConstraint("length(digits) = 255 AND length(key_no) = 20 AND length(check_no) = 6"),
)

file = table(
    "file",
    Column("file_no", Whole, primary_key=True, autoincrement=False),
    Column("sha256", Text, nullable=False, unique=True),
    Column("spec", Text, nullable=False),
    Column("size_bytes", Whole, nullable=False),
    Column("record_count", Whole, nullable=False),
    Column("payment_count", Whole, nullable=False),
    Column("payment_yen", Whole, nullable=False),
)
"""ファイル: content that was taken in, once, no matter how often it is delivered."""

delivery = table(
    "delivery",
    Column("delivery_no", Whole, primary_key=True, autoincrement=False),
    *texts("sha256", "name", "night_on", "status", "spec"),
    Column("payment_count", Whole, nullable=False),
    Column("payment_yen", Whole, nullable=False),
    Index("delivery_by_name", "name", "sha256"),
    Index("delivery_by_night", "night_on"),
)
"""受信: each delivery of a file under a name, and its status. The same content can be delivered several times."""

delivery_finding = findings("delivery_finding", "delivery.delivery_no")

payment = table(
    "payment",
    *added_later(
        columns(
            frames.Payment,
            nullable=(
                "offset_bytes",
                "check_no",
                "item_no",
                "office_code",
                "funds_on",
                "result_code",
                "doubt",
                "received_on",
                "image_ref",
            ),
            key="payment_no",
        ),
        "doubt",
        "received_on",
        "image_ref",
    ),
    CheckConstraint("paid_yen >= 0"),
    UniqueConstraint("file_no", "record_no"),
)

decided_file = table(
    "decided_file",
    Column("file_no", Whole, ForeignKey("file.file_no"), primary_key=True, autoincrement=False),
    Column("night_on", Text, nullable=False),
    Index("decided_file_by_night", "night_on"),
)
"""消込済ファイル: its payments have their decisions. The next night matches files that have no row here."""

payment_identity = table(
    "payment_identity",
    *columns(frames.Known),
    PrimaryKeyConstraint("identity", "stage", "occurrence_no", "variant"),
    without_rowid=True,
)
"""既知の収納: a row for each payment record that was no repeat. A conflict has a row next to what it contradicts."""

UNPOSTED = ("exception", "rejected", "not_collected", "cancelled")
"""The places of payments of which nothing may be on a claim."""

decision = table(
    "decision",
    *columns(frames.Decision, nullable=("notice_no", "procedure_code", "other_payment_no"), key="payment_no"),
    CheckConstraint("claim_yen >= 0 AND suspense_yen >= 0"),
    index("decision_pending", "notice_no", where=Column("outcome") == "pending"),
    index("decision_unposted", "notice_no", where=one_of(Column("place"), UNPOSTED)),
    index("decision_waiting", "payment_no", where=Column("place").in_(["exception", "rejected"])),
)

posting = table(
    "posting",
    Column("posting_no", Whole, primary_key=True, autoincrement=False),
    *columns(frames.Posting, nullable=("claim_no", "procedure_code")),
    Column("night_on", Text, nullable=False),
    Column("reverses_no", Whole, ForeignKey("posting.posting_no")),
    *texts("decided_by", "reason"),
    CheckConstraint(one_of(Column("account"), ("claim", "suspense", "withdrawn", "refunded", "revenue", "passed_on"))),
    CheckConstraint("(account = 'claim') = (claim_no IS NOT NULL)"),
    CheckConstraint("yen <> 0"),
    Index("posting_by_claim", "claim_no"),
    Index("posting_by_night", "night_on"),
    index("posting_moved", "payment_no", where=Column("reverses_no").is_not(None)),
    index("posting_once", "payment_no", "account", "claim_no", unique=True, where=Column("reverses_no").is_(None)),
)

suggestion = table(
    "suggestion",
    *columns(frames.Suggestion),
    PrimaryKeyConstraint("payment_no", "notice_no"),
    without_rowid=True,
)

upload_step = table(
    "upload_step",
    Column("step_no", Whole, primary_key=True, autoincrement=False),
    Column("upload_no", Whole, ForeignKey("upload.upload_no"), nullable=False),
    *texts("uploaded_at", "uploaded_by"),
    Index("upload_step_by_upload", "upload_no"),
)
"""登録: 共通納税IFS has accepted a 納付書情報 file. Recorded anew after a retraction."""

print_batch = table(
    "print_batch",
    Column("print_no", Whole, primary_key=True, autoincrement=False),
    Column("printed_on", Text, nullable=False),
    Column("pages", Whole, nullable=False),
    Column("notices", Whole, nullable=False),
    Column("yen", Whole, nullable=False),
    Column("is_passed", Whole, nullable=False),
    Column("manifest_sha256", Text, nullable=False),
)
"""印刷: the notices that were printed together. `is_passed`: preflight found nothing wrong."""

print_notice = table(
    "print_notice",
    *columns(frames.PrintNotice),
    PrimaryKeyConstraint("print_no", "notice_no"),
    Index("print_notice_by_notice", "notice_no"),
    without_rowid=True,
)

release_step = table(
    "release_step",
    Column("step_no", Whole, primary_key=True, autoincrement=False),
    Column("print_no", Whole, ForeignKey("print_batch.print_no"), nullable=False),
    *texts("step", "taken_at", "taken_by", "pulled", "reason"),
    Index("release_step_by_print", "print_no"),
    CheckConstraint(f"step IN ('{PrintState.REQUESTED}', '{PrintState.RELEASED}', '{PrintState.WITHDRAWN}')"),
)
"""発送: requested by one person and approved by another, or withdrawn with a reason and requested anew.

`pulled` names the pages taken out of the pile. The last steps count, in their order. `reason`: why it was withdrawn,
or why notices on a provisional sheet may be sent; otherwise empty.
"""
