BEGIN TRANSACTION;
CREATE TABLE act (
	run_no INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	step TEXT NOT NULL, 
	taken_by TEXT NOT NULL, 
	os_user TEXT NOT NULL, 
	login TEXT NOT NULL, 
	machine TEXT NOT NULL, 
	session_user TEXT NOT NULL, 
	PRIMARY KEY (run_no), 
	FOREIGN KEY(run_no) REFERENCES run (run_no)
)
 STRICT

;
INSERT INTO "act" VALUES(2,'export',1,'recorded','山田','root','','vm','');
INSERT INTO "act" VALUES(3,'review',1,'asked','山田','root','','vm','');
INSERT INTO "act" VALUES(4,'review',1,'refused','佐藤','root','','vm','');
INSERT INTO "act" VALUES(5,'waiver',1,'asked','山田','root','','vm','');
INSERT INTO "act" VALUES(6,'waiver',1,'approved','佐藤','root','','vm','');
CREATE TABLE arrears_claim (
	list_no INTEGER NOT NULL, 
	claim_no INTEGER NOT NULL, 
	left_yen INTEGER NOT NULL, 
	PRIMARY KEY (list_no, claim_no), 
	CHECK (left_yen > 0), 
	FOREIGN KEY(list_no) REFERENCES arrears_list (list_no), 
	FOREIGN KEY(claim_no) REFERENCES claim (claim_no)
)
 WITHOUT ROWID,
 STRICT

;
CREATE TABLE arrears_list (
	list_no INTEGER NOT NULL, 
	request_no INTEGER, 
	night_on TEXT NOT NULL, 
	made_at TEXT NOT NULL, 
	made_by TEXT NOT NULL, 
	claims INTEGER NOT NULL, 
	yen INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	manifest_sha256 TEXT NOT NULL, 
	PRIMARY KEY (list_no), 
	CHECK (claims > 0 AND yen > 0), 
	UNIQUE (request_no), 
	FOREIGN KEY(request_no) REFERENCES arrears_request (request_no)
)
 STRICT

;
CREATE TABLE arrears_request (
	request_no INTEGER NOT NULL, 
	situation TEXT NOT NULL, 
	claims INTEGER NOT NULL, 
	yen INTEGER NOT NULL, 
	risks TEXT NOT NULL, 
	night_on TEXT NOT NULL, 
	asked_at TEXT NOT NULL, 
	asked_by TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (request_no)
)
 STRICT

;
CREATE TABLE arrears_step (
	request_no INTEGER NOT NULL, 
	result TEXT NOT NULL, 
	night_on TEXT NOT NULL, 
	taken_at TEXT NOT NULL, 
	taken_by TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (request_no), 
	FOREIGN KEY(request_no) REFERENCES arrears_request (request_no)
)
 STRICT

;
CREATE TABLE bundle (
	bundle_no INTEGER NOT NULL, 
	file_no INTEGER NOT NULL, 
	channel TEXT NOT NULL, 
	stage TEXT NOT NULL, 
	day_on TEXT NOT NULL, 
	is_funds_day INTEGER NOT NULL, 
	payments INTEGER NOT NULL, 
	yen INTEGER NOT NULL, 
	night_on TEXT NOT NULL, 
	PRIMARY KEY (bundle_no), 
	CHECK (payments > 0 AND yen >= 0 AND is_funds_day IN (0, 1))
)
 STRICT

;
INSERT INTO "bundle" VALUES(1,1,'app','confirmed','2026-11-12',1,3,2077,'2026-11-20');
INSERT INTO "bundle" VALUES(2,1,'app','preliminary','2026-11-12',1,1,2000,'2026-11-20');
CREATE TABLE claim (
	procedure_code TEXT NOT NULL, 
	levy_year INTEGER NOT NULL, 
	tax_year INTEGER NOT NULL, 
	bill_no TEXT NOT NULL, 
	installment_no INTEGER NOT NULL, 
	claim_no INTEGER NOT NULL, 
	payer_ref TEXT NOT NULL, 
	PRIMARY KEY (claim_no), 
	UNIQUE (procedure_code, levy_year, tax_year, bill_no, installment_no)
)
 STRICT

;
INSERT INTO "claim" VALUES('kokuho',2026,2026,'1',1,1,'1');
INSERT INTO "claim" VALUES('kokuho',2026,2026,'2',1,2,'2');
INSERT INTO "claim" VALUES('kokuho',2026,2026,'3',1,3,'3');
CREATE TABLE claim_cancel (
	notice_no INTEGER NOT NULL, 
	claim_no INTEGER NOT NULL, 
	issue_no INTEGER NOT NULL, 
	notice_file_no INTEGER NOT NULL, 
	night_on TEXT NOT NULL, 
	PRIMARY KEY (notice_no)
)
 STRICT

;
CREATE TABLE claim_entry (
	claim_no INTEGER NOT NULL, 
	entry_no INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	principal_yen INTEGER NOT NULL, 
	demand_fee_yen INTEGER NOT NULL, 
	late_charge_yen INTEGER NOT NULL, 
	entered_on TEXT NOT NULL, 
	night_on TEXT NOT NULL, 
	notice_no INTEGER, 
	state_no INTEGER, 
	PRIMARY KEY (claim_no, entry_no), 
	CHECK (principal_yen <> 0 OR demand_fee_yen <> 0 OR late_charge_yen <> 0)
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "claim_entry" VALUES(1,1,'assessed',1000,0,0,'2026-10-01','2026-11-20',1,NULL);
INSERT INTO "claim_entry" VALUES(2,1,'assessed',2000,0,0,'2026-10-01','2026-11-20',2,NULL);
INSERT INTO "claim_entry" VALUES(3,1,'assessed',3000,0,0,'2026-10-01','2026-11-20',3,NULL);
CREATE TABLE claim_file (
	file_no INTEGER NOT NULL, 
	night_on TEXT NOT NULL, 
	notices_upto INTEGER NOT NULL, 
	rows_read INTEGER NOT NULL, 
	rows_new INTEGER NOT NULL, 
	PRIMARY KEY (file_no), 
	FOREIGN KEY(file_no) REFERENCES file (file_no)
)
 STRICT

;
CREATE TABLE claim_state (
	state_no INTEGER NOT NULL, 
	file_no INTEGER NOT NULL, 
	record_no INTEGER NOT NULL, 
	claim_no INTEGER NOT NULL, 
	payer_ref TEXT NOT NULL, 
	due_on TEXT NOT NULL, 
	changed_on TEXT NOT NULL, 
	reason TEXT, 
	principal_yen INTEGER NOT NULL, 
	demand_fee_yen INTEGER NOT NULL, 
	late_charge_yen INTEGER NOT NULL, 
	written_off_on TEXT, 
	principal_off_yen INTEGER NOT NULL, 
	demand_fee_off_yen INTEGER NOT NULL, 
	late_charge_off_yen INTEGER NOT NULL, 
	stated_at TEXT NOT NULL, 
	PRIMARY KEY (state_no), 
	CHECK (principal_off_yen BETWEEN 0 AND principal_yen AND demand_fee_off_yen BETWEEN 0 AND demand_fee_yen), 
	CHECK (late_charge_off_yen BETWEEN 0 AND late_charge_yen)
)
 STRICT

;
CREATE TABLE counted_day (
	payment_no INTEGER NOT NULL, 
	falls_on TEXT NOT NULL, 
	counted_on TEXT NOT NULL, 
	day_rule TEXT NOT NULL, 
	PRIMARY KEY (payment_no)
)
 STRICT

;
CREATE TABLE counter (
	name TEXT NOT NULL, 
	value INTEGER NOT NULL, 
	PRIMARY KEY (name)
)
 STRICT

;
CREATE TABLE decided_file (
	file_no INTEGER NOT NULL, 
	night_on TEXT NOT NULL, 
	PRIMARY KEY (file_no), 
	FOREIGN KEY(file_no) REFERENCES file (file_no)
)
 STRICT

;
INSERT INTO "decided_file" VALUES(1,'2026-11-20');
CREATE TABLE decision (
	payment_no INTEGER NOT NULL, 
	outcome TEXT NOT NULL, 
	place TEXT NOT NULL, 
	notice_no INTEGER, 
	procedure_code TEXT, 
	claim_yen INTEGER NOT NULL, 
	suspense_yen INTEGER NOT NULL, 
	flags TEXT NOT NULL, 
	other_payment_no INTEGER, 
	PRIMARY KEY (payment_no), 
	CHECK (claim_yen >= 0 AND suspense_yen >= 0)
)
 STRICT

;
INSERT INTO "decision" VALUES(1,'matched','posted',1,'kokuho',1000,0,'',NULL);
INSERT INTO "decision" VALUES(2,'already_settled','exception',1,'kokuho',0,1000,'same_slip',1);
INSERT INTO "decision" VALUES(3,'pending','pending',2,'kokuho',0,0,'',NULL);
INSERT INTO "decision" VALUES(4,'key_unknown','exception',NULL,NULL,0,77,'',NULL);
CREATE TABLE delivery (
	delivery_no INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	name TEXT NOT NULL, 
	night_on TEXT NOT NULL, 
	status TEXT NOT NULL, 
	spec TEXT NOT NULL, 
	payment_count INTEGER NOT NULL, 
	payment_yen INTEGER NOT NULL, 
	PRIMARY KEY (delivery_no)
)
 STRICT

;
INSERT INTO "delivery" VALUES(1,'13eb6c248b02ac0b01ceb4a4fcdcb414386b7ac9c9bc6f4404bb4330ade4a9a0','eltax.csv','2026-11-20','accepted','eltax_payment_csv',4,4077);
INSERT INTO "delivery" VALUES(2,'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855','empty.csv','2026-11-20','quarantined','',0,0);
CREATE TABLE delivery_box (
	delivery_no INTEGER NOT NULL, 
	box TEXT NOT NULL, 
	notice_file_no INTEGER NOT NULL, 
	PRIMARY KEY (delivery_no), 
	FOREIGN KEY(delivery_no) REFERENCES delivery (delivery_no)
)
 STRICT

;
INSERT INTO "delivery_box" VALUES(2,'inbox',3);
CREATE TABLE delivery_finding (
	delivery_no INTEGER NOT NULL, 
	line_no INTEGER NOT NULL, 
	record_no INTEGER NOT NULL, 
	offset_bytes INTEGER NOT NULL, 
	code TEXT NOT NULL, 
	field TEXT NOT NULL, 
	actual TEXT NOT NULL, 
	expected TEXT NOT NULL, 
	PRIMARY KEY (delivery_no, line_no), 
	FOREIGN KEY(delivery_no) REFERENCES delivery (delivery_no)
)
 STRICT

;
INSERT INTO "delivery_finding" VALUES(2,1,0,-1,'F101','','0バイト','データ');
CREATE TABLE deposit (
	record_no INTEGER NOT NULL, 
	offset_bytes INTEGER, 
	kind TEXT NOT NULL, 
	booked_on TEXT NOT NULL, 
	funds_on TEXT, 
	yen INTEGER NOT NULL, 
	account TEXT NOT NULL, 
	sender_code TEXT NOT NULL, 
	sender TEXT NOT NULL, 
	number TEXT NOT NULL, 
	identity TEXT NOT NULL, 
	deposit_no INTEGER NOT NULL, 
	file_no INTEGER NOT NULL, 
	rank_no INTEGER NOT NULL, 
	repeats_no INTEGER, 
	PRIMARY KEY (deposit_no), 
	CHECK (yen >= 0 AND rank_no > 0)
)
 STRICT

;
CREATE TABLE deposit_file (
	file_no INTEGER NOT NULL, 
	night_on TEXT NOT NULL, 
	lines INTEGER NOT NULL, 
	new_lines INTEGER NOT NULL, 
	money_yen INTEGER NOT NULL, 
	PRIMARY KEY (file_no), 
	FOREIGN KEY(file_no) REFERENCES file (file_no)
)
 STRICT

;
CREATE TABLE difference (
	difference_no INTEGER NOT NULL, 
	mark TEXT NOT NULL, 
	contract TEXT NOT NULL, 
	payment_yen INTEGER NOT NULL, 
	money_yen INTEGER NOT NULL, 
	night_on TEXT NOT NULL, 
	asked_at TEXT NOT NULL, 
	asked_by TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (difference_no)
)
 STRICT

;
CREATE TABLE difference_step (
	difference_no INTEGER NOT NULL, 
	result TEXT NOT NULL, 
	settlement_no INTEGER, 
	night_on TEXT NOT NULL, 
	taken_at TEXT NOT NULL, 
	taken_by TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (difference_no), 
	FOREIGN KEY(difference_no) REFERENCES difference (difference_no), 
	FOREIGN KEY(settlement_no) REFERENCES settlement (settlement_no)
)
 STRICT

;
CREATE TABLE export (
	export_no INTEGER NOT NULL, 
	night_on TEXT NOT NULL, 
	made_at TEXT NOT NULL, 
	made_by TEXT NOT NULL, 
	file_name TEXT NOT NULL, 
	spec TEXT NOT NULL, 
	postings INTEGER NOT NULL, 
	yen INTEGER NOT NULL, 
	first_posting_no INTEGER NOT NULL, 
	last_posting_no INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	manifest_sha256 TEXT NOT NULL, 
	PRIMARY KEY (export_no), 
	CHECK (postings > 0 AND first_posting_no <= last_posting_no), 
	FOREIGN KEY(first_posting_no) REFERENCES posting (posting_no), 
	FOREIGN KEY(last_posting_no) REFERENCES posting (posting_no)
)
 STRICT

;
INSERT INTO "export" VALUES(1,'2026-11-20','2026-12-01T02:43:59+09:00','山田','elqr_history_000001.csv','collection_history_csv',1,1000,1,1,'66226eb34809f1bf2a700c743eee27f0043bfa97ed12babb97f526c732d6c35a','743bab3dab0f9d0647e5eed8b5c462736946adf104a00cf8c4ab0612bd85f099');
CREATE TABLE export_again (
	export_no INTEGER NOT NULL, 
	again_no INTEGER NOT NULL, 
	night_on TEXT NOT NULL, 
	made_at TEXT NOT NULL, 
	made_by TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	manifest_sha256 TEXT NOT NULL, 
	PRIMARY KEY (export_no, again_no), 
	CHECK (again_no > 0), 
	FOREIGN KEY(export_no) REFERENCES export (export_no)
)
 STRICT

;
CREATE TABLE export_taken (
	taken_no INTEGER NOT NULL, 
	export_no INTEGER NOT NULL, 
	again_no INTEGER NOT NULL, 
	taken_at TEXT NOT NULL, 
	taken_by TEXT NOT NULL, 
	PRIMARY KEY (taken_no), 
	FOREIGN KEY(export_no) REFERENCES export (export_no)
)
 STRICT

;
CREATE TABLE file (
	file_no INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	spec TEXT NOT NULL, 
	size_bytes INTEGER NOT NULL, 
	record_count INTEGER NOT NULL, 
	payment_count INTEGER NOT NULL, 
	payment_yen INTEGER NOT NULL, 
	PRIMARY KEY (file_no), 
	UNIQUE (sha256)
)
 STRICT

;
INSERT INTO "file" VALUES(1,'13eb6c248b02ac0b01ceb4a4fcdcb414386b7ac9c9bc6f4404bb4330ade4a9a0','eltax_payment_csv',731,4,4,4077);
CREATE TABLE issue_tally (
	upload_no INTEGER NOT NULL, 
	procedure_code TEXT NOT NULL, 
	issued_on TEXT NOT NULL, 
	notices INTEGER NOT NULL, 
	last_notice_no INTEGER NOT NULL, 
	PRIMARY KEY (upload_no, procedure_code, issued_on), 
	FOREIGN KEY(upload_no) REFERENCES upload (upload_no), 
	CHECK (notices > 0)
)
 STRICT

;
INSERT INTO "issue_tally" VALUES(1,'kokuho','2026-10-01',3,3);
CREATE TABLE item_order (
	order_no INTEGER NOT NULL, 
	procedure_code TEXT NOT NULL, 
	items TEXT NOT NULL, 
	night_on TEXT NOT NULL, 
	PRIMARY KEY (order_no)
)
 STRICT

;
CREATE TABLE ledger_start (
	start_no INTEGER NOT NULL, 
	ledger_id TEXT NOT NULL, 
	numbers TEXT NOT NULL, 
	started_at TEXT NOT NULL, 
	started_by TEXT NOT NULL, 
	approved_by TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (start_no)
)
 STRICT

;
INSERT INTO "ledger_start" VALUES(1,'4afb39f179441c7fcb7205b374df629b','{}','','','','');
CREATE TABLE month_close (
	close_no INTEGER NOT NULL, 
	month TEXT NOT NULL, 
	night_on TEXT NOT NULL, 
	asked_at TEXT NOT NULL, 
	asked_by TEXT NOT NULL, 
	postings INTEGER NOT NULL, 
	yen INTEGER NOT NULL, 
	suspense_yen INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	PRIMARY KEY (close_no)
)
 STRICT

;
CREATE TABLE month_close_step (
	close_no INTEGER NOT NULL, 
	month TEXT NOT NULL, 
	result TEXT NOT NULL, 
	night_on TEXT NOT NULL, 
	taken_at TEXT NOT NULL, 
	taken_by TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (close_no), 
	FOREIGN KEY(close_no) REFERENCES month_close (close_no)
)
 STRICT

;
CREATE TABLE notice (
	procedure_code TEXT NOT NULL, 
	levy_year INTEGER NOT NULL, 
	tax_year INTEGER NOT NULL, 
	bill_no TEXT NOT NULL, 
	installment_no INTEGER NOT NULL, 
	notice_no INTEGER NOT NULL, 
	issue_no INTEGER NOT NULL, 
	principal_yen INTEGER NOT NULL, 
	demand_fee_yen INTEGER NOT NULL, 
	late_charge_yen INTEGER NOT NULL, 
	amount_yen INTEGER NOT NULL, 
	due_on TEXT NOT NULL, 
	payable_until_on TEXT NOT NULL, 
	issued_on TEXT NOT NULL, 
	payer_ref TEXT NOT NULL, 
	payer_name TEXT NOT NULL, 
	postal_code TEXT NOT NULL, 
	address TEXT NOT NULL, 
	key_no TEXT, 
	check_no TEXT, 
	barcode TEXT, 
	customer_no TEXT, 
	notice_file_no INTEGER NOT NULL, 
	pension_no TEXT, 
	change_reason TEXT, 
	part_kind TEXT, 
	barcode_until_on TEXT, 
	mpn_until_on TEXT, 
	PRIMARY KEY (notice_no), 
	UNIQUE (procedure_code, levy_year, tax_year, bill_no, installment_no, issue_no), 
	UNIQUE (key_no), 
	CHECK (amount_yen > 0 AND amount_yen = principal_yen + demand_fee_yen + late_charge_yen), 
	CHECK (principal_yen >= 0 AND demand_fee_yen >= 0 AND late_charge_yen >= 0)
)
 STRICT

;
INSERT INTO "notice" VALUES('kokuho',2026,2026,'1',1,1,1,1000,0,0,1000,'2026-10-31','2026-11-30','2026-10-01','1','架空 太郎','510-0000','見本市架空町1-2-3','00000000000000000001','123456',NULL,NULL,1,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "notice" VALUES('kokuho',2026,2026,'2',1,2,1,2000,0,0,2000,'2026-10-31','2026-11-30','2026-10-01','2','架空 太郎','510-0000','見本市架空町1-2-3','00000000000000000002','123456',NULL,NULL,1,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "notice" VALUES('kokuho',2026,2026,'3',1,3,1,3000,0,0,3000,'2026-10-31','2026-11-30','2026-10-01','3','架空 太郎','510-0000','見本市架空町1-2-3','00000000000000000003','123456',NULL,NULL,1,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE notice_cancel (
	notice_no INTEGER NOT NULL, 
	night_on TEXT NOT NULL, 
	notice_file_no INTEGER NOT NULL, 
	is_paper_only INTEGER, 
	PRIMARY KEY (notice_no), 
	FOREIGN KEY(notice_no) REFERENCES notice (notice_no), 
	FOREIGN KEY(notice_file_no) REFERENCES notice_file (notice_file_no)
)
 STRICT

;
CREATE TABLE notice_claim (
	notice_no INTEGER NOT NULL, 
	claim_no INTEGER NOT NULL, 
	cover_yen INTEGER NOT NULL, 
	PRIMARY KEY (notice_no, claim_no), 
	CHECK (cover_yen > 0)
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "notice_claim" VALUES(1,1,1000);
INSERT INTO "notice_claim" VALUES(2,2,2000);
INSERT INTO "notice_claim" VALUES(3,3,3000);
CREATE TABLE notice_file (
	notice_file_no INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	name TEXT NOT NULL, 
	night_on TEXT NOT NULL, 
	rows_read INTEGER NOT NULL, 
	rows_new INTEGER NOT NULL, 
	rows_same INTEGER NOT NULL, 
	rows_bad INTEGER NOT NULL, 
	retracts_no INTEGER, 
	PRIMARY KEY (notice_file_no)
)
 STRICT

;
INSERT INTO "notice_file" VALUES(1,'f0b0c4be0f722fad64d3cb18e928e1c51499c905fead2f9d106d00bbd266e704','notices.csv','2026-11-20',3,3,0,0,NULL);
INSERT INTO "notice_file" VALUES(2,'7e996062baa7be1ed6bde8ac25822189dc8995894b8b63f095a00e00e0253b1b','refused.csv','2026-11-20',3,0,0,3,NULL);
INSERT INTO "notice_file" VALUES(3,'f1266e3919ccd56392f90f01b6359347adbc6d5b87dee61214380f1051a683ac','withdrawn.csv','2026-11-20',3,0,3,0,NULL);
CREATE TABLE notice_finding (
	notice_file_no INTEGER NOT NULL, 
	line_no INTEGER NOT NULL, 
	record_no INTEGER NOT NULL, 
	offset_bytes INTEGER NOT NULL, 
	code TEXT NOT NULL, 
	field TEXT NOT NULL, 
	actual TEXT NOT NULL, 
	expected TEXT NOT NULL, 
	PRIMARY KEY (notice_file_no, line_no), 
	FOREIGN KEY(notice_file_no) REFERENCES notice_file (notice_file_no)
)
 STRICT

;
INSERT INTO "notice_finding" VALUES(2,1,1,-1,'N603','支払期限','2026-11-30','2027-12-31以後');
INSERT INTO "notice_finding" VALUES(2,2,2,-1,'N616','納付種別','分納','先に通常の納付書の行（その調定の有効な納付書がない）');
INSERT INTO "notice_finding" VALUES(2,3,3,-1,'N603','支払期限','2026-11-30','2027-12-31以後');
CREATE TABLE notice_give_up (
	give_up_no INTEGER NOT NULL, 
	notice_file_no INTEGER NOT NULL, 
	records TEXT NOT NULL, 
	night_on TEXT NOT NULL, 
	asked_at TEXT NOT NULL, 
	asked_by TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (give_up_no), 
	FOREIGN KEY(notice_file_no) REFERENCES notice_file (notice_file_no)
)
 STRICT

;
CREATE TABLE notice_give_up_step (
	give_up_no INTEGER NOT NULL, 
	result TEXT NOT NULL, 
	ended_on TEXT NOT NULL, 
	taken_at TEXT NOT NULL, 
	taken_by TEXT NOT NULL, 
	because TEXT NOT NULL, 
	PRIMARY KEY (give_up_no), 
	FOREIGN KEY(give_up_no) REFERENCES notice_give_up (give_up_no)
)
 STRICT

;
CREATE TABLE notice_key (
	key_kind TEXT NOT NULL, 
	key_digits TEXT NOT NULL, 
	notice_no INTEGER NOT NULL, 
	reissue_no TEXT NOT NULL, 
	PRIMARY KEY (key_kind, key_digits, notice_no)
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "notice_key" VALUES('elqr','00000000000000000001',1,'');
INSERT INTO "notice_key" VALUES('elqr','00000000000000000002',2,'');
INSERT INTO "notice_key" VALUES('elqr','00000000000000000003',3,'');
CREATE TABLE notice_line (
	notice_no INTEGER NOT NULL, 
	claim_no INTEGER NOT NULL, 
	issue_no INTEGER NOT NULL, 
	principal_yen INTEGER NOT NULL, 
	demand_fee_yen INTEGER NOT NULL, 
	late_charge_yen INTEGER NOT NULL, 
	due_on TEXT NOT NULL, 
	customer_no TEXT, 
	pension_no TEXT, 
	PRIMARY KEY (notice_no, claim_no), 
	UNIQUE (claim_no, issue_no), 
	CHECK (principal_yen >= 0 AND demand_fee_yen >= 0 AND late_charge_yen >= 0), 
	CHECK (principal_yen + demand_fee_yen + late_charge_yen > 0)
)
 WITHOUT ROWID,
 STRICT

;
CREATE TABLE notice_refused (
	notice_file_no INTEGER NOT NULL, 
	procedure_code TEXT, 
	levy_year INTEGER, 
	tax_year INTEGER, 
	bill_no TEXT, 
	installment_no INTEGER, 
	issue_no INTEGER, 
	change_kind TEXT, 
	record_no INTEGER NOT NULL, 
	joint_no INTEGER, 
	PRIMARY KEY (notice_file_no, record_no), 
	FOREIGN KEY(notice_file_no) REFERENCES notice_file (notice_file_no)
)
 STRICT

;
INSERT INTO "notice_refused" VALUES(2,'kokuho',2026,2026,'11',1,1,'1',1,NULL);
INSERT INTO "notice_refused" VALUES(2,'kokuho',2026,2026,'12',1,1,'1',2,2);
INSERT INTO "notice_refused" VALUES(2,'kokuho',2026,2026,'13',1,1,'1',3,2);
CREATE TABLE notice_refused_end (
	notice_file_no INTEGER NOT NULL, 
	record_no INTEGER NOT NULL, 
	by_file_no INTEGER, 
	give_up_no INTEGER, 
	is_right INTEGER NOT NULL, 
	night_on TEXT NOT NULL, 
	is_withdrawn INTEGER, 
	PRIMARY KEY (notice_file_no, record_no), 
	FOREIGN KEY(notice_file_no, record_no) REFERENCES notice_refused (notice_file_no, record_no), 
	CHECK (is_right IN (0, 1)), 
	CHECK ((by_file_no IS NULL) <> (give_up_no IS NULL)), 
	FOREIGN KEY(by_file_no) REFERENCES notice_file (notice_file_no), 
	FOREIGN KEY(give_up_no) REFERENCES notice_give_up (give_up_no)
)
 STRICT

;
INSERT INTO "notice_refused_end" VALUES(2,1,3,NULL,1,'2026-11-20',1);
INSERT INTO "notice_refused_end" VALUES(2,2,3,NULL,1,'2026-11-20',1);
INSERT INTO "notice_refused_end" VALUES(2,3,3,NULL,1,'2026-11-20',1);
CREATE TABLE overdue_payment (
	payment_no INTEGER NOT NULL, 
	contract TEXT NOT NULL, 
	night_on TEXT NOT NULL, 
	PRIMARY KEY (payment_no), 
	FOREIGN KEY(payment_no) REFERENCES payment (payment_no)
)
 STRICT

;
CREATE TABLE payload (
	notice_no INTEGER NOT NULL, 
	key_no TEXT NOT NULL, 
	check_no TEXT NOT NULL, 
	item_no TEXT NOT NULL, 
	office_code TEXT NOT NULL, 
	tax_office_code TEXT NOT NULL, 
	digits TEXT NOT NULL, 
	upload_no INTEGER NOT NULL, 
	PRIMARY KEY (notice_no), 
	UNIQUE (key_no), 
	CHECK (length(digits) = 255 AND length(key_no) = 20 AND length(check_no) = 6)
)
 STRICT

;
INSERT INTO "payload" VALUES(1,'00000000000000000001','123456','901','44000','040','000201010212279600051380001835400000000000000000010002138000901000000300000000000000000001123456044000040000000054110000000100062262026202601202610312026113080850000000000000000000000000000000000000000000000000000000000000000000000000000000000000630546983',1);
INSERT INTO "payload" VALUES(2,'00000000000000000002','123456','901','44000','040','000201010212279600051380001832200000000000000000020002138000901000006400000000000000000002123456044000040000000054110000000200062262026202601202610312026113080850000000000000000000000000000000000000000000000000000000000000000000000000000000000000630541917',1);
INSERT INTO "payload" VALUES(3,'00000000000000000003','123456','901','44000','040','000201010212279600051380001830000000000000000000030002138000901000001500000000000000000003123456044000040000000054110000000300062262026202601202610312026113080850000000000000000000000000000000000000000000000000000000000000000000000000000000000000630530446',1);
CREATE TABLE payment (
	record_no INTEGER NOT NULL, 
	offset_bytes INTEGER, 
	channel TEXT NOT NULL, 
	stage TEXT NOT NULL, 
	identity TEXT NOT NULL, 
	occurrence_no INTEGER NOT NULL, 
	key_kind TEXT NOT NULL, 
	key_digits TEXT NOT NULL, 
	reissue_no TEXT NOT NULL, 
	check_no TEXT, 
	item_no TEXT, 
	office_code TEXT, 
	paid_yen INTEGER NOT NULL, 
	paid_on TEXT NOT NULL, 
	funds_on TEXT, 
	result_code TEXT, 
	payment_no INTEGER NOT NULL, 
	file_no INTEGER NOT NULL, 
	doubt TEXT, 
	received_on TEXT, 
	image_ref TEXT, 
	PRIMARY KEY (payment_no), 
	CHECK (paid_yen >= 0), 
	UNIQUE (file_no, record_no)
)
 STRICT

;
INSERT INTO "payment" VALUES(1,NULL,'app','confirmed','eltax|2026-11-05|0000000001|00000001',1,'elqr','00000000000000000001','','123456','901','44000',1000,'2026-11-05','2026-11-12',NULL,1,1,NULL,'2026-11-06',NULL);
INSERT INTO "payment" VALUES(2,NULL,'app','confirmed','eltax|2026-11-05|0000000001|00000002',1,'elqr','00000000000000000001','','123456','901','44000',1000,'2026-11-05','2026-11-12',NULL,2,1,NULL,'2026-11-06',NULL);
INSERT INTO "payment" VALUES(3,NULL,'app','preliminary','eltax|2026-11-05|0000000001|00000003',1,'elqr','00000000000000000002','','123456','901','44000',2000,'2026-11-05','2026-11-12',NULL,3,1,NULL,'2026-11-06',NULL);
INSERT INTO "payment" VALUES(4,NULL,'app','confirmed','eltax|2026-11-05|0000000001|00000004',1,'elqr','99999999999999999999','','123456','901','44000',77,'2026-11-05','2026-11-12',NULL,4,1,NULL,'2026-11-06',NULL);
CREATE TABLE payment_identity (
	identity TEXT NOT NULL, 
	stage TEXT NOT NULL, 
	occurrence_no INTEGER NOT NULL, 
	variant TEXT NOT NULL, 
	payment_no INTEGER NOT NULL, 
	PRIMARY KEY (identity, stage, occurrence_no, variant)
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "payment_identity" VALUES('eltax|2026-11-05|0000000001|00000001','confirmed',1,'',1);
INSERT INTO "payment_identity" VALUES('eltax|2026-11-05|0000000001|00000002','confirmed',1,'',2);
INSERT INTO "payment_identity" VALUES('eltax|2026-11-05|0000000001|00000003','preliminary',1,'',3);
INSERT INTO "payment_identity" VALUES('eltax|2026-11-05|0000000001|00000004','confirmed',1,'',4);
CREATE TABLE payout (
	ruling_no INTEGER NOT NULL, 
	done_on TEXT NOT NULL, 
	number TEXT NOT NULL, 
	interest_yen INTEGER NOT NULL, 
	payee_ref TEXT NOT NULL, 
	PRIMARY KEY (ruling_no)
)
 STRICT

;
CREATE TABLE posting (
	posting_no INTEGER NOT NULL, 
	payment_no INTEGER NOT NULL, 
	account TEXT NOT NULL, 
	claim_no INTEGER, 
	yen INTEGER NOT NULL, 
	fiscal_year INTEGER NOT NULL, 
	is_arrears INTEGER NOT NULL, 
	procedure_code TEXT, 
	night_on TEXT NOT NULL, 
	reverses_no INTEGER, 
	decided_by TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (posting_no), 
	CHECK (account = 'claim' OR account = 'suspense' OR account = 'withdrawn' OR account = 'refunded' OR account = 'revenue' OR account = 'passed_on'), 
	CHECK ((account = 'claim') = (claim_no IS NOT NULL)), 
	CHECK (yen <> 0), 
	FOREIGN KEY(reverses_no) REFERENCES posting (posting_no)
)
 STRICT

;
INSERT INTO "posting" VALUES(1,1,'claim',1,1000,2026,0,'kokuho','2026-11-20',NULL,'夜間消込','');
INSERT INTO "posting" VALUES(2,2,'suspense',NULL,1000,2026,0,'kokuho','2026-11-20',NULL,'夜間消込','');
INSERT INTO "posting" VALUES(3,4,'suspense',NULL,77,2026,0,NULL,'2026-11-20',NULL,'夜間消込','');
CREATE TABLE posting_tally (
	tally_no INTEGER NOT NULL, 
	night_on TEXT NOT NULL, 
	account TEXT NOT NULL, 
	procedure_code TEXT, 
	is_elqr INTEGER NOT NULL, 
	first_paid_on TEXT NOT NULL, 
	payments INTEGER NOT NULL, 
	yen INTEGER NOT NULL, 
	PRIMARY KEY (tally_no), 
	CHECK (payments >= 0 AND is_elqr IN (0, 1))
)
 STRICT

;
INSERT INTO "posting_tally" VALUES(1,'2026-11-20','claim','kokuho',1,'2026-11-05',1,1000);
INSERT INTO "posting_tally" VALUES(2,'2026-11-20','suspense',NULL,1,'2026-11-05',1,77);
INSERT INTO "posting_tally" VALUES(3,'2026-11-20','suspense','kokuho',1,'2026-11-05',1,1000);
CREATE TABLE print_batch (
	print_no INTEGER NOT NULL, 
	printed_on TEXT NOT NULL, 
	pages INTEGER NOT NULL, 
	notices INTEGER NOT NULL, 
	yen INTEGER NOT NULL, 
	is_passed INTEGER NOT NULL, 
	manifest_sha256 TEXT NOT NULL, 
	PRIMARY KEY (print_no)
)
 STRICT

;
CREATE TABLE print_notice (
	print_no INTEGER NOT NULL, 
	notice_no INTEGER NOT NULL, 
	print_file_no INTEGER NOT NULL, 
	page_no INTEGER NOT NULL, 
	place_no INTEGER NOT NULL, 
	PRIMARY KEY (print_no, notice_no)
)
 WITHOUT ROWID,
 STRICT

;
CREATE TABLE reduced_posting (
	posting_no INTEGER NOT NULL, 
	notice_no INTEGER, 
	after_ruling_no INTEGER, 
	PRIMARY KEY (posting_no), 
	FOREIGN KEY(posting_no) REFERENCES posting (posting_no), 
	FOREIGN KEY(notice_no) REFERENCES notice (notice_no), 
	FOREIGN KEY(after_ruling_no) REFERENCES ruling (ruling_no)
)
 STRICT

;
CREATE TABLE release_step (
	step_no INTEGER NOT NULL, 
	print_no INTEGER NOT NULL, 
	step TEXT NOT NULL, 
	taken_at TEXT NOT NULL, 
	taken_by TEXT NOT NULL, 
	pulled TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (step_no), 
	CHECK (step IN ('requested', 'released', 'withdrawn')), 
	FOREIGN KEY(print_no) REFERENCES print_batch (print_no)
)
 STRICT

;
CREATE TABLE reminder_hold (
	hold_no INTEGER NOT NULL, 
	claim_no INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	list_no INTEGER, 
	until_on TEXT, 
	night_on TEXT NOT NULL, 
	taken_at TEXT NOT NULL, 
	taken_by TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (hold_no), 
	CHECK ((kind = 'pulled') = (list_no IS NOT NULL)), 
	FOREIGN KEY(claim_no) REFERENCES claim (claim_no), 
	FOREIGN KEY(list_no) REFERENCES arrears_list (list_no)
)
 STRICT

;
CREATE TABLE reminder_sent (
	sent_no INTEGER NOT NULL, 
	list_no INTEGER NOT NULL, 
	issued_on TEXT NOT NULL, 
	night_on TEXT NOT NULL, 
	taken_at TEXT NOT NULL, 
	taken_by TEXT NOT NULL, 
	PRIMARY KEY (sent_no), 
	FOREIGN KEY(list_no) REFERENCES arrears_list (list_no)
)
 STRICT

;
CREATE TABLE reminder_status (
	procedure_code TEXT NOT NULL, 
	levy_year INTEGER NOT NULL, 
	tax_year INTEGER NOT NULL, 
	bill_no TEXT NOT NULL, 
	installment_no INTEGER NOT NULL, 
	record_no INTEGER NOT NULL, 
	payer_ref TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	number TEXT NOT NULL, 
	from_on TEXT NOT NULL, 
	until_on TEXT, 
	released_on TEXT, 
	reason TEXT NOT NULL, 
	stated_at TEXT NOT NULL, 
	status_no INTEGER NOT NULL, 
	file_no INTEGER NOT NULL, 
	PRIMARY KEY (status_no), 
	CHECK ((payer_ref = '') = (bill_no <> ''))
)
 STRICT

;
CREATE TABLE retraction (
	retraction_no INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	subject TEXT NOT NULL, 
	night_on TEXT NOT NULL, 
	asked_at TEXT NOT NULL, 
	asked_by TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (retraction_no)
)
 STRICT

;
CREATE TABLE retraction_step (
	retraction_no INTEGER NOT NULL, 
	result TEXT NOT NULL, 
	night_on TEXT NOT NULL, 
	taken_at TEXT NOT NULL, 
	taken_by TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (retraction_no), 
	FOREIGN KEY(retraction_no) REFERENCES retraction (retraction_no)
)
 STRICT

;
CREATE TABLE review (
	review_no INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	night_on TEXT NOT NULL, 
	asked_at TEXT NOT NULL, 
	asked_by TEXT NOT NULL, 
	source TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	PRIMARY KEY (review_no)
)
 STRICT

;
INSERT INTO "review" VALUES(1,'search','2026-11-20','2026-12-01T02:44:00+09:00','山田','理由 該当なし','');
CREATE TABLE review_step (
	review_no INTEGER NOT NULL, 
	result TEXT NOT NULL, 
	night_on TEXT NOT NULL, 
	taken_at TEXT NOT NULL, 
	taken_by TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (review_no), 
	FOREIGN KEY(review_no) REFERENCES review (review_no)
)
 STRICT

;
INSERT INTO "review_step" VALUES(1,'refused','2026-11-20','2026-12-01T02:44:00+09:00','佐藤','調べてから');
CREATE TABLE ruling (
	payment_no INTEGER NOT NULL, 
	ruling TEXT NOT NULL, 
	notice_no INTEGER, 
	reason TEXT NOT NULL, 
	staff TEXT NOT NULL, 
	mark TEXT NOT NULL, 
	undoes_no INTEGER, 
	ruling_no INTEGER NOT NULL, 
	review_no INTEGER NOT NULL, 
	PRIMARY KEY (ruling_no)
)
 STRICT

;
INSERT INTO "ruling" VALUES(4,'refund',NULL,'だれのかわからない','山田','59fc1df418c3c9c042737cf4330d7ba3',NULL,1,1);
CREATE TABLE ruling_posting (
	posting_no INTEGER NOT NULL, 
	ruling_no INTEGER NOT NULL, 
	notice_no INTEGER, 
	PRIMARY KEY (posting_no), 
	FOREIGN KEY(posting_no) REFERENCES posting (posting_no), 
	FOREIGN KEY(ruling_no) REFERENCES ruling (ruling_no)
)
 STRICT

;
CREATE TABLE ruling_result (
	ruling_no INTEGER NOT NULL, 
	result TEXT NOT NULL, 
	before_yen INTEGER NOT NULL, 
	after_yen INTEGER NOT NULL, 
	night_on TEXT NOT NULL, 
	PRIMARY KEY (ruling_no)
)
 STRICT

;
INSERT INTO "ruling_result" VALUES(1,'refused',77,77,'2026-11-20');
CREATE TABLE run (
	run_no INTEGER NOT NULL, 
	run_id TEXT NOT NULL, 
	night_on TEXT NOT NULL, 
	entry TEXT NOT NULL, 
	previous_hash TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	PRIMARY KEY (run_no), 
	UNIQUE (run_id), 
	UNIQUE (previous_hash), 
	UNIQUE (hash)
)
 STRICT

;
INSERT INTO "run" VALUES(1,'20261120-0001','2026-11-20','{"channels":{"app":[3,1]},"configuration":"ca5e357f3c0a79384441cc6dbe45e3f7170037441774b1de2acc271a6e8a47f9","counters":{},"inputs":["13eb6c248b02ac0b01ceb4a4fcdcb414386b7ac9c9bc6f4404bb4330ade4a9a0","7e996062baa7be1ed6bde8ac25822189dc8995894b8b63f095a00e00e0253b1b","f0b0c4be0f722fad64d3cb18e928e1c51499c905fead2f9d106d00bbd266e704","f1266e3919ccd56392f90f01b6359347adbc6d5b87dee61214380f1051a683ac"],"last_notice":3,"last_state":0,"ledger":"4afb39f179441c7fcb7205b374df629b","nightly":{},"notice_files":3,"operator":{"login":"","machine":"vm","os_user":"root"},"places":{"already_posted":[0,0],"cancelled":[0,0],"exception":[2,1077],"not_collected":[0,0],"pending":[1,2000],"posted":[1,1000],"rejected":[0,0]},"posted_yen":2077,"sealed":{"bundle":[2,"1d4943aa9314b46c083d78ee2b1373d9b4c601984e9cf5e9fe84d0db2a03e10d"],"decision":[4,"063c9b779cad5a5bee0dc5e5904abd9a55cc856279b52eec859b59dfbaf75cd9"],"delivery":[2,"c1820c7c6464071e327fee39e44977ee5d9b92643aa753c877b663bec11a70e8"],"delivery_box":[1,"566cce12ab1c8b12de57b6396b3e4500518ceab17307d5fbada228ac0ae5e56e"],"delivery_finding":[1,"23c2b5e52d2f3567c7018a2d5708aee3eb34e457afed34a7a3587106126d326b"],"issue_tally":[1,"b28a1f083103d9029b06942cc5a96a605f67eb4f5ecc37ddfcd972a75ef8a354"],"notice_file":[3,"4f91ff53683ec5a1001cea438d44b9f4b079b809df8e2e6fc517691a9aea9529"],"notice_finding":[3,"6c4dea295a5b6a3ccce12015b1a5ce9cd94eb51a530ba7e41a4c19ae82841806"],"notice_refused":[3,"d8a7c8f2fb9d8bcde3949d90e99be65736bc5d3184ab17725017b0ffd442ecdc"],"notice_refused_end":[3,"69114a03ce5a75e1d7397e62da4669de2f75882fc25249da8f8a3d1932157867"],"payload":[3,"c3631234a9a407255bc769bbc9019a391d9c93c9eb0725c938a363dbfcf46128"],"posting":[3,"4a500674263e91a383f530d0362d7e7c2165f4f1622cbda7773c44b3b9f9b753"],"posting_tally":[3,"3a36711fe5d2e1bf8151c515a178a2071b995f483ae4c6346041dde880f11107"],"upload":[1,"d5a00aeee18b55438a9e3f14543ad3adcf907dbaa2401f36b579cbfbf60082ca"]},"settings":{"schema_version":"18"},"upto":{"arrears_list":0,"bundle":2,"claim_file":0,"claim_state":0,"decision":4,"delivery":2,"deposit":0,"item_order":0,"notice_file":3,"posting":3,"posting_tally":3,"print_batch":0,"reminder_status":0,"ruling":0,"settlement":0,"upload":1},"version":"0.5.0"}','','fbed931d732b62729f9092390bc0e643ba353b21a5d1b2df476f89dbf6b6c2d6');
INSERT INTO "run" VALUES(2,'20261120-0002','2026-11-20','{"act":{"kind":"export","number":1,"step":"recorded","taken_by":"山田"},"counters":{},"ledger":"4afb39f179441c7fcb7205b374df629b","nightly":{},"operator":{"login":"","machine":"vm","os_user":"root"},"said":{"export":[{"export_no":1,"file_name":"elqr_history_000001.csv","first_posting_no":1,"last_posting_no":1,"made_at":"2026-12-01T02:43:59+09:00","made_by":"山田","manifest_sha256":"743bab3dab0f9d0647e5eed8b5c462736946adf104a00cf8c4ab0612bd85f099","night_on":"2026-11-20","postings":1,"sha256":"66226eb34809f1bf2a700c743eee27f0043bfa97ed12babb97f526c732d6c35a","spec":"collection_history_csv","yen":1000}]},"sealed":{},"settings":{"schema_version":"18"},"upto":{"arrears_list":0,"bundle":2,"claim_file":0,"claim_state":0,"decision":4,"delivery":2,"deposit":0,"item_order":0,"notice_file":3,"posting":3,"posting_tally":3,"print_batch":0,"reminder_status":0,"ruling":0,"settlement":0,"upload":1},"version":"0.5.0"}','fbed931d732b62729f9092390bc0e643ba353b21a5d1b2df476f89dbf6b6c2d6','ef5ea0b3f73f80c629d3d2dab2be2a51165170322feda5593acc3e6688d2ac02');
INSERT INTO "run" VALUES(3,'20261120-0003','2026-11-20','{"act":{"kind":"review","number":1,"step":"asked","taken_by":"山田"},"counters":{},"ledger":"4afb39f179441c7fcb7205b374df629b","nightly":{},"operator":{"login":"","machine":"vm","os_user":"root"},"said":{"review":[{"asked_at":"2026-12-01T02:44:00+09:00","asked_by":"山田","kind":"search","night_on":"2026-11-20","review_no":1,"sha256":"","source":"理由 該当なし"}]},"sealed":{"ruling":[1,"c03f22e6d391f6ad9d70a90da543cb0f67ac10f7457cc8bd65730e9ae0752e3a"]},"settings":{"schema_version":"18"},"upto":{"arrears_list":0,"bundle":2,"claim_file":0,"claim_state":0,"decision":4,"delivery":2,"deposit":0,"item_order":0,"notice_file":3,"posting":3,"posting_tally":3,"print_batch":0,"reminder_status":0,"ruling":1,"settlement":0,"upload":1},"version":"0.5.0"}','ef5ea0b3f73f80c629d3d2dab2be2a51165170322feda5593acc3e6688d2ac02','7e4ef84054cd1d4abcad5b4caf4d980701020efe2c2edd54a5d8a3b27e964142');
INSERT INTO "run" VALUES(4,'20261120-0004','2026-11-20','{"act":{"kind":"review","number":1,"step":"refused","taken_by":"佐藤"},"counters":{},"ledger":"4afb39f179441c7fcb7205b374df629b","moved_yen":0,"nightly":{"ruling_result":{"2026-11-20":[1,"a79f115954f854758a72d3f2451ef81f768100d41f088e612af877332508eaa9"]}},"operator":{"login":"","machine":"vm","os_user":"root"},"results":{"approved":0,"refused":1,"stale":0},"review":1,"rulings":"045d2afc8e3ef5392119fcaea31f29c02b97d6ac7171b8bca0224dbdba743a0f","said":{"review_step":[{"night_on":"2026-11-20","reason":"調べてから","result":"refused","review_no":1,"taken_at":"2026-12-01T02:44:00+09:00","taken_by":"佐藤"}]},"sealed":{},"settings":{"schema_version":"18"},"taken_by":"佐藤","upto":{"arrears_list":0,"bundle":2,"claim_file":0,"claim_state":0,"decision":4,"delivery":2,"deposit":0,"item_order":0,"notice_file":3,"posting":3,"posting_tally":3,"print_batch":0,"reminder_status":0,"ruling":1,"settlement":0,"upload":1},"version":"0.5.0","withdrawn_yen":0}','7e4ef84054cd1d4abcad5b4caf4d980701020efe2c2edd54a5d8a3b27e964142','7361869486045805976ebd3d985ebdf5e20871284818e733b6c56cd4dd0bcc37');
INSERT INTO "run" VALUES(5,'20261120-0005','2026-11-20','{"act":{"kind":"waiver","number":1,"step":"asked","taken_by":"山田"},"counters":{},"ledger":"4afb39f179441c7fcb7205b374df629b","nightly":{"ruling_result":{"2026-11-20":[1,"a79f115954f854758a72d3f2451ef81f768100d41f088e612af877332508eaa9"]}},"operator":{"login":"","machine":"vm","os_user":"root"},"said":{"waiver":[{"asked_at":"2026-12-01T02:44:00+09:00","asked_by":"山田","name":"empty.csv","night_on":"2026-11-20","reason":"空","sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","waiver_no":1}],"waiver_delivery":[{"delivery_no":2,"waiver_no":1}]},"sealed":{},"settings":{"schema_version":"18"},"upto":{"arrears_list":0,"bundle":2,"claim_file":0,"claim_state":0,"decision":4,"delivery":2,"deposit":0,"item_order":0,"notice_file":3,"posting":3,"posting_tally":3,"print_batch":0,"reminder_status":0,"ruling":1,"settlement":0,"upload":1},"version":"0.5.0"}','7361869486045805976ebd3d985ebdf5e20871284818e733b6c56cd4dd0bcc37','3fa3cdca0b7d589477ef5bf05f89342c51d54dc9b20763803eec50104d2e3007');
INSERT INTO "run" VALUES(6,'20261120-0006','2026-11-20','{"act":{"kind":"waiver","number":1,"step":"approved","taken_by":"佐藤"},"counters":{},"ledger":"4afb39f179441c7fcb7205b374df629b","nightly":{"ruling_result":{"2026-11-20":[1,"a79f115954f854758a72d3f2451ef81f768100d41f088e612af877332508eaa9"]}},"operator":{"login":"","machine":"vm","os_user":"root"},"said":{"waiver_step":[{"night_on":"2026-11-20","reason":"","result":"approved","taken_at":"2026-12-01T02:44:01+09:00","taken_by":"佐藤","waiver_no":1}]},"sealed":{},"settings":{"schema_version":"18"},"upto":{"arrears_list":0,"bundle":2,"claim_file":0,"claim_state":0,"decision":4,"delivery":2,"deposit":0,"item_order":0,"notice_file":3,"posting":3,"posting_tally":3,"print_batch":0,"reminder_status":0,"ruling":1,"settlement":0,"upload":1},"version":"0.5.0"}','3fa3cdca0b7d589477ef5bf05f89342c51d54dc9b20763803eec50104d2e3007','c56ae858738e95c787b3a8803d5a2b308c2c2015001098e3c2c36da0fe888dfc');
CREATE TABLE setting (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
)
 STRICT

;
INSERT INTO "setting" VALUES('schema_version','18');
CREATE TABLE settlement (
	settlement_no INTEGER NOT NULL, 
	contract TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	from_on TEXT, 
	until_on TEXT, 
	payments INTEGER NOT NULL, 
	payment_yen INTEGER NOT NULL, 
	fee_yen INTEGER NOT NULL, 
	money_yen INTEGER NOT NULL, 
	night_on TEXT NOT NULL, 
	PRIMARY KEY (settlement_no)
)
 STRICT

;
CREATE TABLE settlement_bundle (
	bundle_no INTEGER NOT NULL, 
	settlement_no INTEGER NOT NULL, 
	PRIMARY KEY (bundle_no, settlement_no), 
	FOREIGN KEY(bundle_no) REFERENCES bundle (bundle_no), 
	FOREIGN KEY(settlement_no) REFERENCES settlement (settlement_no)
)
 STRICT

;
CREATE TABLE settlement_deposit (
	deposit_no INTEGER NOT NULL, 
	settlement_no INTEGER NOT NULL, 
	PRIMARY KEY (deposit_no, settlement_no), 
	FOREIGN KEY(deposit_no) REFERENCES deposit (deposit_no), 
	FOREIGN KEY(settlement_no) REFERENCES settlement (settlement_no)
)
 STRICT

;
CREATE TABLE suggestion (
	payment_no INTEGER NOT NULL, 
	notice_no INTEGER NOT NULL, 
	how TEXT NOT NULL, 
	PRIMARY KEY (payment_no, notice_no)
)
 WITHOUT ROWID,
 STRICT

;
CREATE TABLE typed_batch (
	batch_no INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	name TEXT NOT NULL, 
	spec TEXT NOT NULL, 
	payments INTEGER NOT NULL, 
	yen INTEGER NOT NULL, 
	known INTEGER NOT NULL, 
	night_on TEXT NOT NULL, 
	asked_at TEXT NOT NULL, 
	asked_by TEXT NOT NULL, 
	PRIMARY KEY (batch_no), 
	CHECK (payments > 0 AND yen >= 0 AND known >= 0)
)
 STRICT

;
CREATE TABLE typed_batch_step (
	batch_no INTEGER NOT NULL, 
	result TEXT NOT NULL, 
	night_on TEXT NOT NULL, 
	taken_at TEXT NOT NULL, 
	taken_by TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (batch_no), 
	FOREIGN KEY(batch_no) REFERENCES typed_batch (batch_no)
)
 STRICT

;
CREATE TABLE upload (
	upload_no INTEGER NOT NULL, 
	night_on TEXT NOT NULL, 
	file_name TEXT NOT NULL, 
	notices INTEGER NOT NULL, 
	yen INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	PRIMARY KEY (upload_no), 
	UNIQUE (file_name)
)
 STRICT

;
INSERT INTO "upload" VALUES(1,'2026-11-20','elqr_notices_000001.csv',3,6000,'4a736b2dcb6f5d5b3a5c2db0a4caabe7e849fc00ff397a58a8ec93c02d936a79');
CREATE TABLE upload_step (
	step_no INTEGER NOT NULL, 
	upload_no INTEGER NOT NULL, 
	uploaded_at TEXT NOT NULL, 
	uploaded_by TEXT NOT NULL, 
	PRIMARY KEY (step_no), 
	FOREIGN KEY(upload_no) REFERENCES upload (upload_no)
)
 STRICT

;
CREATE TABLE waiver (
	waiver_no INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	name TEXT NOT NULL, 
	night_on TEXT NOT NULL, 
	asked_at TEXT NOT NULL, 
	asked_by TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (waiver_no)
)
 STRICT

;
INSERT INTO "waiver" VALUES(1,'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855','empty.csv','2026-11-20','2026-12-01T02:44:00+09:00','山田','空');
CREATE TABLE waiver_delivery (
	waiver_no INTEGER NOT NULL, 
	delivery_no INTEGER NOT NULL, 
	PRIMARY KEY (waiver_no, delivery_no), 
	FOREIGN KEY(waiver_no) REFERENCES waiver (waiver_no), 
	FOREIGN KEY(delivery_no) REFERENCES delivery (delivery_no)
)
 STRICT

;
INSERT INTO "waiver_delivery" VALUES(1,2);
CREATE TABLE waiver_step (
	waiver_no INTEGER NOT NULL, 
	result TEXT NOT NULL, 
	night_on TEXT NOT NULL, 
	taken_at TEXT NOT NULL, 
	taken_by TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (waiver_no), 
	FOREIGN KEY(waiver_no) REFERENCES waiver (waiver_no)
)
 STRICT

;
INSERT INTO "waiver_step" VALUES(1,'approved','2026-11-20','2026-12-01T02:44:01+09:00','佐藤','');
CREATE TABLE watched_bundle (
	bundle_no INTEGER NOT NULL, 
	night_on TEXT NOT NULL, 
	PRIMARY KEY (bundle_no), 
	FOREIGN KEY(bundle_no) REFERENCES bundle (bundle_no)
)
 STRICT

;
CREATE INDEX arrears_request_by_situation ON arrears_request (situation);
CREATE TRIGGER arrears_request_no_update BEFORE UPDATE ON arrears_request BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER arrears_request_no_delete BEFORE DELETE ON arrears_request BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE UNIQUE INDEX claim_state_by_file ON claim_state (file_no, record_no);
CREATE INDEX claim_state_by_claim ON claim_state (claim_no, state_no);
CREATE TRIGGER claim_state_no_update BEFORE UPDATE ON claim_state BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER claim_state_no_delete BEFORE DELETE ON claim_state BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE UNIQUE INDEX reminder_status_by_file ON reminder_status (file_no, record_no);
CREATE INDEX reminder_status_by_identity ON reminder_status (bill_no, payer_ref, number);
CREATE TRIGGER reminder_status_no_update BEFORE UPDATE ON reminder_status BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER reminder_status_no_delete BEFORE DELETE ON reminder_status BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX month_close_by_month ON month_close (month);
CREATE TRIGGER month_close_no_update BEFORE UPDATE ON month_close BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER month_close_no_delete BEFORE DELETE ON month_close BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX counted_day_by_day ON counted_day (counted_on);
CREATE TRIGGER counted_day_no_update BEFORE UPDATE ON counted_day BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER counted_day_no_delete BEFORE DELETE ON counted_day BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER counted_day_not_in_closed_month AFTER INSERT ON counted_day WHEN EXISTS (SELECT 1 FROM month_close_step WHERE result = 'approved' AND month >= substr(NEW.counted_on, 1, 7)) BEGIN SELECT RAISE(ABORT, 'closed month'); END;
CREATE INDEX waiver_by_content ON waiver (sha256);
CREATE TRIGGER waiver_no_update BEFORE UPDATE ON waiver BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER waiver_no_delete BEFORE DELETE ON waiver BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX run_by_night ON run (night_on);
CREATE TRIGGER run_no_update BEFORE UPDATE ON run BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER run_no_delete BEFORE DELETE ON run BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER ledger_start_no_update BEFORE UPDATE ON ledger_start BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER ledger_start_no_delete BEFORE DELETE ON ledger_start BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX claim_by_payer ON claim (payer_ref);
CREATE TRIGGER claim_no_update BEFORE UPDATE ON claim BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER claim_no_delete BEFORE DELETE ON claim BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER claim_entry_no_update BEFORE UPDATE ON claim_entry BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER claim_entry_no_delete BEFORE DELETE ON claim_entry BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE UNIQUE INDEX notice_file_retracted ON notice_file (retracts_no) WHERE retracts_no IS NOT NULL;
CREATE TRIGGER notice_file_no_update BEFORE UPDATE ON notice_file BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER notice_file_no_delete BEFORE DELETE ON notice_file BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX notice_with_account ON notice (due_on, procedure_code) WHERE customer_no IS NOT NULL;
CREATE INDEX notice_reissued ON notice (procedure_code, levy_year, tax_year, bill_no, installment_no, issue_no) WHERE issue_no > 1;
CREATE INDEX notice_part ON notice (procedure_code, levy_year, tax_year, bill_no, installment_no) WHERE part_kind IS NOT NULL;
CREATE TRIGGER notice_no_update BEFORE UPDATE ON notice BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER notice_no_delete BEFORE DELETE ON notice BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX notice_claim_by_claim ON notice_claim (claim_no);
CREATE TRIGGER notice_claim_no_update BEFORE UPDATE ON notice_claim BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER notice_claim_no_delete BEFORE DELETE ON notice_claim BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER notice_line_no_update BEFORE UPDATE ON notice_line BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER notice_line_no_delete BEFORE DELETE ON notice_line BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER notice_key_no_update BEFORE UPDATE ON notice_key BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER notice_key_no_delete BEFORE DELETE ON notice_key BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX claim_cancel_by_file ON claim_cancel (notice_file_no);
CREATE INDEX claim_cancel_by_claim ON claim_cancel (claim_no);
CREATE TRIGGER claim_cancel_no_update BEFORE UPDATE ON claim_cancel BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER claim_cancel_no_delete BEFORE DELETE ON claim_cancel BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER upload_no_update BEFORE UPDATE ON upload BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER upload_no_delete BEFORE DELETE ON upload BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER payload_no_update BEFORE UPDATE ON payload BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER payload_no_delete BEFORE DELETE ON payload BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER file_no_update BEFORE UPDATE ON file BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER file_no_delete BEFORE DELETE ON file BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX delivery_by_name ON delivery (name, sha256);
CREATE INDEX delivery_by_night ON delivery (night_on);
CREATE TRIGGER delivery_no_update BEFORE UPDATE ON delivery BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER delivery_no_delete BEFORE DELETE ON delivery BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER payment_no_update BEFORE UPDATE ON payment BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER payment_no_delete BEFORE DELETE ON payment BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER payment_identity_no_update BEFORE UPDATE ON payment_identity BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER payment_identity_no_delete BEFORE DELETE ON payment_identity BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX decision_waiting ON decision (payment_no) WHERE place IN ('exception', 'rejected');
CREATE INDEX decision_pending ON decision (notice_no) WHERE outcome = 'pending';
CREATE INDEX decision_unposted ON decision (notice_no) WHERE place = 'exception' OR place = 'rejected' OR place = 'not_collected' OR place = 'cancelled';
CREATE TRIGGER decision_no_update BEFORE UPDATE ON decision BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER decision_no_delete BEFORE DELETE ON decision BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX posting_by_night ON posting (night_on);
CREATE INDEX posting_by_claim ON posting (claim_no);
CREATE INDEX posting_moved ON posting (payment_no) WHERE reverses_no IS NOT NULL;
CREATE UNIQUE INDEX posting_once ON posting (payment_no, account, claim_no) WHERE reverses_no IS NULL;
CREATE TRIGGER posting_no_update BEFORE UPDATE ON posting BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER posting_no_delete BEFORE DELETE ON posting BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER suggestion_no_update BEFORE UPDATE ON suggestion BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER suggestion_no_delete BEFORE DELETE ON suggestion BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER print_batch_no_update BEFORE UPDATE ON print_batch BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER print_batch_no_delete BEFORE DELETE ON print_batch BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX print_notice_by_notice ON print_notice (notice_no);
CREATE TRIGGER print_notice_no_update BEFORE UPDATE ON print_notice BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER print_notice_no_delete BEFORE DELETE ON print_notice BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE UNIQUE INDEX deposit_once ON deposit (identity, rank_no) WHERE repeats_no IS NULL;
CREATE UNIQUE INDEX deposit_by_file ON deposit (file_no, record_no);
CREATE INDEX deposit_by_day ON deposit (booked_on, yen);
CREATE TRIGGER deposit_no_update BEFORE UPDATE ON deposit BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER deposit_no_delete BEFORE DELETE ON deposit BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX bundle_by_night ON bundle (night_on);
CREATE UNIQUE INDEX bundle_once ON bundle (file_no, channel, stage, day_on, is_funds_day);
CREATE TRIGGER bundle_no_update BEFORE UPDATE ON bundle BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER bundle_no_delete BEFORE DELETE ON bundle BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX settlement_by_night ON settlement (night_on);
CREATE TRIGGER settlement_no_update BEFORE UPDATE ON settlement BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER settlement_no_delete BEFORE DELETE ON settlement BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX difference_by_mark ON difference (mark);
CREATE TRIGGER difference_no_update BEFORE UPDATE ON difference BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER difference_no_delete BEFORE DELETE ON difference BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER review_no_update BEFORE UPDATE ON review BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER review_no_delete BEFORE DELETE ON review BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX ruling_by_payment ON ruling (payment_no);
CREATE INDEX ruling_by_review ON ruling (review_no);
CREATE TRIGGER ruling_no_update BEFORE UPDATE ON ruling BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER ruling_no_delete BEFORE DELETE ON ruling BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX ruling_result_by_night ON ruling_result (night_on);
CREATE TRIGGER ruling_result_no_update BEFORE UPDATE ON ruling_result BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER ruling_result_no_delete BEFORE DELETE ON ruling_result BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER payout_no_update BEFORE UPDATE ON payout BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER payout_no_delete BEFORE DELETE ON payout BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER posting_tally_no_update BEFORE UPDATE ON posting_tally BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER posting_tally_no_delete BEFORE DELETE ON posting_tally BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX item_order_by_procedure ON item_order (procedure_code, night_on);
CREATE TRIGGER item_order_no_update BEFORE UPDATE ON item_order BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER item_order_no_delete BEFORE DELETE ON item_order BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX retraction_by_subject ON retraction (kind, number);
CREATE TRIGGER retraction_no_update BEFORE UPDATE ON retraction BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER retraction_no_delete BEFORE DELETE ON retraction BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX typed_batch_by_content ON typed_batch (sha256);
CREATE TRIGGER typed_batch_no_update BEFORE UPDATE ON typed_batch BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER typed_batch_no_delete BEFORE DELETE ON typed_batch BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER arrears_step_no_update BEFORE UPDATE ON arrears_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER arrears_step_no_delete BEFORE DELETE ON arrears_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER arrears_list_no_update BEFORE UPDATE ON arrears_list BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER arrears_list_no_delete BEFORE DELETE ON arrears_list BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX claim_file_by_night ON claim_file (night_on);
CREATE TRIGGER claim_file_no_update BEFORE UPDATE ON claim_file BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER claim_file_no_delete BEFORE DELETE ON claim_file BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE UNIQUE INDEX month_closed ON month_close_step (month) WHERE result = 'approved';
CREATE TRIGGER month_close_step_no_update BEFORE UPDATE ON month_close_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER month_close_step_no_delete BEFORE DELETE ON month_close_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER posting_not_in_closed_month AFTER INSERT ON posting WHEN EXISTS (SELECT 1 FROM month_close_step WHERE result = 'approved' AND month >= substr(NEW.night_on, 1, 7)) BEGIN SELECT RAISE(ABORT, 'closed month'); END;
CREATE TRIGGER delivery_box_no_update BEFORE UPDATE ON delivery_box BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER delivery_box_no_delete BEFORE DELETE ON delivery_box BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX waiver_by_delivery ON waiver_delivery (delivery_no);
CREATE TRIGGER waiver_delivery_no_update BEFORE UPDATE ON waiver_delivery BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER waiver_delivery_no_delete BEFORE DELETE ON waiver_delivery BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER waiver_step_no_update BEFORE UPDATE ON waiver_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER waiver_step_no_delete BEFORE DELETE ON waiver_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER notice_finding_no_update BEFORE UPDATE ON notice_finding BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER notice_finding_no_delete BEFORE DELETE ON notice_finding BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX notice_cancel_by_file ON notice_cancel (notice_file_no);
CREATE TRIGGER notice_cancel_no_update BEFORE UPDATE ON notice_cancel BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER notice_cancel_no_delete BEFORE DELETE ON notice_cancel BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER delivery_finding_no_update BEFORE UPDATE ON delivery_finding BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER delivery_finding_no_delete BEFORE DELETE ON delivery_finding BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX decided_file_by_night ON decided_file (night_on);
CREATE TRIGGER decided_file_no_update BEFORE UPDATE ON decided_file BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER decided_file_no_delete BEFORE DELETE ON decided_file BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX upload_step_by_upload ON upload_step (upload_no);
CREATE TRIGGER upload_step_no_update BEFORE UPDATE ON upload_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER upload_step_no_delete BEFORE DELETE ON upload_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX release_step_by_print ON release_step (print_no);
CREATE TRIGGER release_step_no_update BEFORE UPDATE ON release_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER release_step_no_delete BEFORE DELETE ON release_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX deposit_file_by_night ON deposit_file (night_on);
CREATE TRIGGER deposit_file_no_update BEFORE UPDATE ON deposit_file BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER deposit_file_no_delete BEFORE DELETE ON deposit_file BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX settlement_bundle_by_settlement ON settlement_bundle (settlement_no);
CREATE TRIGGER settlement_bundle_no_update BEFORE UPDATE ON settlement_bundle BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER settlement_bundle_no_delete BEFORE DELETE ON settlement_bundle BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX settlement_deposit_by_settlement ON settlement_deposit (settlement_no);
CREATE TRIGGER settlement_deposit_no_update BEFORE UPDATE ON settlement_deposit BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER settlement_deposit_no_delete BEFORE DELETE ON settlement_deposit BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX watched_bundle_by_night ON watched_bundle (night_on);
CREATE TRIGGER watched_bundle_no_update BEFORE UPDATE ON watched_bundle BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER watched_bundle_no_delete BEFORE DELETE ON watched_bundle BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX overdue_payment_by_night ON overdue_payment (night_on);
CREATE TRIGGER overdue_payment_no_update BEFORE UPDATE ON overdue_payment BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER overdue_payment_no_delete BEFORE DELETE ON overdue_payment BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER difference_step_no_update BEFORE UPDATE ON difference_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER difference_step_no_delete BEFORE DELETE ON difference_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX notice_refused_by_key ON notice_refused (procedure_code, levy_year, tax_year, bill_no, installment_no);
CREATE TRIGGER notice_refused_no_update BEFORE UPDATE ON notice_refused BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER notice_refused_no_delete BEFORE DELETE ON notice_refused BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER notice_give_up_no_update BEFORE UPDATE ON notice_give_up BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER notice_give_up_no_delete BEFORE DELETE ON notice_give_up BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER review_step_no_update BEFORE UPDATE ON review_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER review_step_no_delete BEFORE DELETE ON review_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX ruling_posting_by_ruling ON ruling_posting (ruling_no);
CREATE TRIGGER ruling_posting_no_update BEFORE UPDATE ON ruling_posting BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER ruling_posting_no_delete BEFORE DELETE ON ruling_posting BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER reduced_posting_no_update BEFORE UPDATE ON reduced_posting BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER reduced_posting_no_delete BEFORE DELETE ON reduced_posting BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER issue_tally_no_update BEFORE UPDATE ON issue_tally BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER issue_tally_no_delete BEFORE DELETE ON issue_tally BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER export_no_update BEFORE UPDATE ON export BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER export_no_delete BEFORE DELETE ON export BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER export_once BEFORE INSERT ON export WHEN EXISTS (SELECT 1 FROM export AS held WHERE held.first_posting_no <= NEW.last_posting_no AND held.last_posting_no >= NEW.first_posting_no AND NOT EXISTS (SELECT 1 FROM retraction JOIN retraction_step ON retraction_step.retraction_no = retraction.retraction_no WHERE retraction.kind = 'export' AND retraction.number = held.export_no AND retraction_step.result = 'approved')) BEGIN SELECT RAISE(ABORT, 'exported twice'); END;
CREATE INDEX act_by_number ON act (kind, number);
CREATE TRIGGER act_no_update BEFORE UPDATE ON act BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER act_no_delete BEFORE DELETE ON act BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER retraction_step_no_update BEFORE UPDATE ON retraction_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER retraction_step_no_delete BEFORE DELETE ON retraction_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER typed_batch_step_no_update BEFORE UPDATE ON typed_batch_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER typed_batch_step_no_delete BEFORE DELETE ON typed_batch_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER arrears_claim_no_update BEFORE UPDATE ON arrears_claim BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER arrears_claim_no_delete BEFORE DELETE ON arrears_claim BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX reminder_sent_by_list ON reminder_sent (list_no);
CREATE TRIGGER reminder_sent_no_update BEFORE UPDATE ON reminder_sent BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER reminder_sent_no_delete BEFORE DELETE ON reminder_sent BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX reminder_hold_by_claim ON reminder_hold (claim_no);
CREATE TRIGGER reminder_hold_no_update BEFORE UPDATE ON reminder_hold BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER reminder_hold_no_delete BEFORE DELETE ON reminder_hold BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER notice_give_up_step_no_update BEFORE UPDATE ON notice_give_up_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER notice_give_up_step_no_delete BEFORE DELETE ON notice_give_up_step BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX notice_refused_end_by_file ON notice_refused_end (by_file_no);
CREATE TRIGGER notice_refused_end_no_update BEFORE UPDATE ON notice_refused_end BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER notice_refused_end_no_delete BEFORE DELETE ON notice_refused_end BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER export_again_no_update BEFORE UPDATE ON export_again BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER export_again_no_delete BEFORE DELETE ON export_again BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE INDEX export_taken_by_export ON export_taken (export_no);
CREATE TRIGGER export_taken_no_update BEFORE UPDATE ON export_taken BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER export_taken_no_delete BEFORE DELETE ON export_taken BEGIN SELECT RAISE(ABORT, 'append-only'); END;
COMMIT;
