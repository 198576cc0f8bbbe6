"""The house: its rooms from the ground up, and the modules of each from the ground up.

A module may import what stands before it, and nothing else. A module that is not listed, or is no more, is told.
"""

HOUSE: tuple[tuple[str, str], ...] = (
    (
        "vocabulary",
        "__init__ codes frames arrival_frames claim_frames counted_frames debit_frames desk_frames export_frames limits "
        "matching_frames money_frames notice_frames number_series page_frames ruling_frames report_frames "
        "audit_frames signature strict tally_frames terms claim_terms ruling_terms code_text review_texts "
        "debit_texts code_texts counted_terms errors meanings staff ways_out visible_text near_names findings",
    ),
    ("arithmetic", "__init__ business_day checkdigit fiscal_year person_name plain_number pseudonym wareki"),
    (
        "disk",
        "__init__ atomic_write new_files content toml_mistakes config_files inbox_filter inbox archive named_files own_json run_log",
    ),
    (
        "formats",
        "__init__ authoring authoring.draft authoring.sample_fixed authoring.spec_text condition ebcdic foreign "
        "intake mapping mpn package book payment_identity spec authoring.lint_fields authoring.lint_identity "
        "authoring.lint_records authoring.lint_references authoring.lint_lines by_hand charset dates "
        "authoring.sample_csv authoring.sample fields sheet_fields headings plain_csv sequence spec_files uneven_records framing csv_rows "
        "decode cells encode excerpt dump intake.checks intake.raw_records payments claims refunds statuses debits "
        "deposits pieces recognize authoring.overlap authoring.lint intake.delivered_file intake.inspection "
        "intake.comparison intake.masking",
    ),
    ("issue", "__init__ keys layout payload issuing reading serials symbol symbol_table"),
    (
        "rules",
        "__init__ alarms claim_entries claim_items contract counting deposits expected_files joint_payment "
        "month_figures night_result notice_lookup offsets pairing postings standing reductions refused_rows "
        "register register_text known_funds refund_terms kpi repeats row_checks reminder_statuses claim_states instalments claim_changes "
        "joint_notices notice_keys sheet_damage notices reassignment payouts row_rules payout_steps stated_payouts "
        "ruling_reversal sender_correction settlement settlement_rules suggestions near_bills totals whole_year matching "
        "debits partition rulings ruling_remarks written_reassignments",
    ),
    (
        "printing",
        "__init__ imposition picture_file picture picture_reader specimen typeface wishlist wording template "
        "bar_code drawing document preflight proof",
    ),
    (
        "store",
        "__init__ db db.schema db.server_shape db.postgresql db.sqlite db.database db.bulk entries entries.links "
        "migrations.steps migrations.versions.v10_held_again migrations.versions.v11_doubts "
        "migrations.versions.v13_claim_files migrations.versions.v1_night migrations.versions.v2_printing "
        "migrations.versions.v3_review migrations.versions.v6_reissued migrations.versions.v9_reductions queries "
        "tables tables.acts tables.arrears tables.claim_files tables.exports tables.held_files tables.item_orders "
        "tables.ledger migrations.identities migrations.versions.v14_received migrations.versions.v15_notice_lines "
        "migrations.versions.v16_payouts migrations.versions.v17_reminders migrations.versions.v18_ways_out "
        "migrations.versions.v19_demand_fee "
        "queries.chain queries.conservation queries.item_orders queries.ledger_identity queries.retracted_files "
        "migrations.versions.v8_places queries.owed queries.claim_states queries.notice_lines queries.claim_entries "
        "migrations.versions.v12_claim_entries queries.claim_lookup queries.undecided tables.money queries.unsealed "
        "tables.months migrations.versions.v7_said_once tables.counted tables.refused_rows queries.refused_rows "
        "tables.retractions tables.reviews tables.typed_batches queries.announced queries.moves queries.counted "
        "queries.details queries.paid_notice queries.claim_items queries.open_claims queries.reports "
        "queries.open_exceptions queries.exception_list queries.notice_facts queries.payouts queries.seats queries.review_trail queries.fiscal_year queries.requests "
        "queries.arrears queries.held_files queries.retractions queries.typed_batches queries.reminders "
        "queries.reminder_statuses queries.debits queries.exports queries.money queries.row_owners "
        "queries.sender_corrections queries.trends tables.totals entries.seals entries.chain entries.acts "
        "migrations ledger_file queries.past_nights queries.totals entries.night entries.claim_files "
        "entries.claim_fees entries.money "
        "migrations.versions.v4_money migrations.versions.v5_tallies queries.matching queries.late_notices "
        "queries.months queries.printing queries.reductions queries.reviews queries.notice_files "
        "entries.notice_retraction queries.ruling_target queries.verification staging desk desk.tables desk.accounts "
        "desk.database desk.records desk.visits",
    ),
    (
        "report",
        "__init__ claim_card side_by_side debit_check early_files selection excel excel.excel_text excel.row_mark kpi page "
        "page.chart tables tables.ageing tables.table data_files excel.book excel.cells excel.worksheet "
        "excel.workbook page.document page.year tables.night tables.arrivals tables.backlog tables.daily "
        "tables.case_file tables.places tables.retractions tables.trends page.page screen tables.ledger_rows "
        "tables.refunds books refund_book days months review_form tables.money arrears tables.payment_list morning "
        "years tables.desk_records",
    ),
    (
        "session",
        "__init__ clock job configuration ledger_traces ledger_belonging operators ledger_access login setup session new_city",
    ),
    ("handover", "__init__ collection_history manifest export print_manifest printed_folder print_batch"),
    (
        "audit",
        "__init__ backup doctor verification.anchor verification.audit verification.claim_fees verification.claim_files "
        "verification.counted verification.coverage verification.handed verification.identity verification.ledger "
        "verification.money verification.notice_reading verification.payouts verification.people verification.refused verification.retracted "
        "verification.rows verification.runs "
        "verification.sources verification.typed_batches verification.unsealed verification",
    ),
    (
        "night",
        "__init__ counting night ledger_proof item_orders reductions refunds remittance spark delivery_reading take_in batch_alarms morning "
        "posting upload workers cluster opening order replay",
    ),
    (
        "approvals",
        "__init__ claim_inquiry day_list four_eyes difference dispatch held_files ledger_succession month_close "
        "open_exceptions refused_rows reminder_risks reminder_gate debit_check reminder_list reminder_record "
        "notice_retraction retraction row_check ruling_state remarks review reassignment refund_book review_book "
        "payout_file typed_batches year_end file_check waiting_work exception_list targets evidence decision request_queue",
    ),
    ("synthetic", "frames files register notices events changes filed_claims cast __init__"),
    ("desk", "__init__ passwords place staff sign_in rights gate filters exceptions deciding requests pages web serve"),
    (
        "cli",
        "terminal answers file_lines questions arrears backup batch claim day desk doctor export file held init ledger month night notice payload printing "
        "replay review refund settlement spec synthetic undo verify year __init__",
    ),
    ("", "__main__"),
)
