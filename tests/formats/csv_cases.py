"""CSV files and the values they mean, written out by hand from the documents. All names are invented."""

from dataclasses import dataclass
from datetime import date

from elqr.formats.spec import Charset
from tests.builders import REAL_BARCODE
from tests.formats.cases import RECEIVED_ON, Values


@dataclass(frozen=True)
class CsvCase:
    """A CSV whole, and its values by record kind."""

    spec: str
    name: str
    lines: tuple[str, ...]
    values: Values
    charset: Charset = "utf-8"
    final_end: bool = True
    received_on: date = RECEIVED_ON

    @property
    def id(self) -> str:
        return f"{self.spec}-{self.name}"

    @property
    def data(self) -> bytes:
        return self.ended("\r\n", final=self.final_end)

    def ended(self, end: str, *, final: bool) -> bytes:
        return (end.join(self.lines) + (end if final else "")).encode(self.charset)


SMART_TRADE = CsvCase(
    "smart_trade_csv",
    "sokuho_kakuho",
    (
        "1,0000012345,3,3",
        "2,0000012345,2026/11/05,2026/11/12,R0001,3,10000,0,,ﾍﾞﾂ,ｷﾀ,ｶｸｳ ﾀﾛｳ,1,0002,002,1,1234567",
        "2,0000012345,2026/11/05,2026/11/12,R0001,3,10000,0,,ﾍﾞﾂ,ｷﾀ,ｶｸｳ ﾀﾛｳ,2,0002,002,1,1234567",
        "2,0000012345,2026/11/04,,R0002,3,500,,,,,ｶｸｳ ﾊﾅｺ,9,,,,",
    ),
    {
        "header": [{"client_code": "0000012345", "collected_kind": "3", "total_count": 3}],
        "data": [
            {
                "client_code": "0000012345", "paid_on": date(2026, 11, 5), "funds_on": date(2026, 11, 12), "request_no": "R0001", "collected_kind": "3",
                "amount_yen": 10_000, "ng_flag": "0", "ng_reason": None, "bank_name": "ﾍﾞﾂ", "branch_name": "ｷﾀ", "payer": "ｶｸｳ ﾀﾛｳ", "data_kind": kind,
                "bank": "0002", "branch": "002", "account_kind": "1", "account_no": "1234567",
            }
            for kind in "12"
        ] + [{
            "client_code": "0000012345", "paid_on": date(2026, 11, 4), "funds_on": None, "request_no": "R0002", "collected_kind": "3",
            "amount_yen": 500, "ng_flag": None, "ng_reason": None, "bank_name": None, "branch_name": None, "payer": "ｶｸｳ ﾊﾅｺ", "data_kind": "9",
            "bank": None, "branch": None, "account_kind": None, "account_no": None,
        }],
    },
    charset="cp932",
)  # fmt: skip
DSK = CsvCase(
    "dsk_csv",
    "kakuho",
    (
        "種別,収納日,収納時刻,バーコード情報,ユーザー使用欄１,ユーザー使用欄２,印紙フラグ,金額,コンビニ本部コード,コンビニ名,コンビニ店舗コード,振込日,データ作成日",
        f"02,20261105,1012,EAN{REAL_BARCODE},202401,01010434800,0,39500,010,髙橋ストア,000944,20261112,20261106",
        f"01,20261105,235959,EAN{REAL_BARCODE},202401,01010434800,0,39500,010,髙橋ストア,000944,0,20261106",
    ),
    {
        "data": [
            {
                "data_kind": "02", "paid_on": date(2026, 11, 5), "paid_at": "1012", "barcode": REAL_BARCODE, "free_1": "202401", "free_2": "01010434800", "stamp": "0",
                "amount_yen": 39_500, "center": "010", "cvs_name": "髙橋ストア", "store": "000944", "funds_on": date(2026, 11, 12), "made_on": date(2026, 11, 6),
            },
            {
                "data_kind": "01", "paid_on": date(2026, 11, 5), "paid_at": "235959", "barcode": REAL_BARCODE, "free_1": "202401", "free_2": "01010434800", "stamp": "0",
                "amount_yen": 39_500, "center": "010", "cvs_name": "髙橋ストア", "store": "000944", "funds_on": None, "made_on": date(2026, 11, 6),
            },
        ]
    },
    charset="cp932",
    final_end=False,
)  # fmt: skip
ELTAX_PAYMENT = CsvCase(
    "eltax_payment_csv",
    "kakuho",
    (
        "処理区分,市区町村コード,納付番号,確認番号,納付区分,共通納税機関コード,税務事務所コード,納付金額,納付チャネル区分,領収日,収入日,払込予定日,仕向センタ,処理年月日,通番,金融機関,支店",
        "2,999999,00000202401010104348,778284,127,44000,040,39500,02,20261105,20261106,20261112,0000000001,20261105,00000001,,",
    ),
    {"data": [{
        "data_kind": "2", "city_code": "999999", "key_no": "00000202401010104348", "check_no": "778284", "item_no": "127", "office_code": "44000",
        "tax_office_code": "040", "amount_yen": 39_500, "channel_kind": "02", "paid_on": date(2026, 11, 5), "received_on": date(2026, 11, 6),
        "funds_on": date(2026, 11, 12), "center": "0000000001", "processed_on": date(2026, 11, 5), "serial_no": "00000001", "bank": None, "branch": None,
    }]},
)  # fmt: skip
ELTAX_CANCEL = CsvCase(
    "eltax_cancel_csv",
    "torikeshi",
    (
        "仮消区分,市区町村コード,納付番号,確認番号,納付区分,取消金額,領収日,仕向センタ,処理年月日,通番,取消年月日,取消理由",
        "9,999999,00000202401010104348,778284,127,39500,20261105,0000000001,20261105,00000001,20261106,誤入力",
    ),
    {"data": [{
        "cancel_kind": "9", "city_code": "999999", "key_no": "00000202401010104348", "check_no": "778284", "item_no": "127", "amount_yen": 39_500,
        "paid_on": date(2026, 11, 5), "center": "0000000001", "processed_on": date(2026, 11, 5), "serial_no": "00000001",
        "cancelled_on": date(2026, 11, 6), "reason": "誤入力",
    }]},
)  # fmt: skip
ELTAX_REMITTANCE = CsvCase(
    "eltax_remittance_csv",
    "haraikomi",
    (
        "市区町村コード,共通納税機関コード,税務事務所コード,払込日,納付区分,納付チャネル区分,件数,払込金額,金融機関,支店",
        "999999,44000,040,20261112,127,02,3,118500,0001,001",
        "999999,44000,040,20261112,901,01,12,1200000000,,",
    ),
    {"data": [
        {
            "city_code": "999999", "office_code": "44000", "tax_office_code": "040", "funds_on": date(2026, 11, 12), "item_no": "127", "channel_kind": "02",
            "paid_count": 3, "amount_yen": 118_500, "bank": "0001", "branch": "001",
        },
        {
            "city_code": "999999", "office_code": "44000", "tax_office_code": "040", "funds_on": date(2026, 11, 12), "item_no": "901", "channel_kind": "01",
            "paid_count": 12, "amount_yen": 1_200_000_000, "bank": None, "branch": None,
        },
    ]},
)  # fmt: skip
PAYEASY = CsvCase(
    "payeasy_csv",
    "keshikomi",
    (
        "収納機関番号,納付番号,確認番号,納付区分,仕向センタ,処理年月日,通番,収納金額,チャネル",
        "13800,00000202401010104348,778284,127,0000000001,20261105,00000001,39500,01",
    ),
    {"data": [{
        "agency": "13800", "key_no": "00000202401010104348", "check_no": "778284", "item_no": "127", "center": "0000000001",
        "processed_on": date(2026, 11, 5), "serial_no": "00000001", "amount_yen": 39_500, "channel_kind": "01",
    }]},
)  # fmt: skip
COLLECTION = CsvCase(
    "collection_history_csv",
    "kakidashi",
    (
        "仕訳番号,消込結果,増減区分,市区町村コード,科目コード,賦課年度,相当年度,通知書番号,期別,納付書の期別,発行連番,納付番号,確認番号,納付区分,収納額,本税・本料,督促手数料,延滞金,領収日,資金化日,納付チャネル区分,会計年度,滞納繰越区分,消込日,取消元の仕訳番号,収入日",
        "1,1,1,999999,kei,2024,2024,2024010101043,0,0,1,00000202401010104348,778284,127,39500,39500,0,0,20240603,20240610,03,2024,0,20240610,,20240604",
        "8,4,2,999999,kokuho,2025,2025,100001,3,0,2,,,,4000,,,,20261105,,06,2026,1,20261120,5,",
    ),
    {"history": [
        {
            "posting_no": 1, "result": "1", "direction": "1", "city_code": "999999", "procedure_code": "kei", "levy_year": 2024, "tax_year": 2024, "bill_no": "2024010101043",
            "installment_no": 0, "slip_installment_no": 0, "issue_no": 1, "key_no": "00000202401010104348", "check_no": "778284", "item_no": "127", "amount_yen": 39_500,
            "principal_yen": 39_500, "demand_fee_yen": 0, "late_charge_yen": 0, "paid_on": date(2024, 6, 3), "funds_on": date(2024, 6, 10), "channel": "03",
            "fiscal_year": 2024, "year_kind": "0", "night_on": date(2024, 6, 10), "reverses_no": None, "received_on": date(2024, 6, 4),
        },
        {
            "posting_no": 8, "result": "4", "direction": "2", "city_code": "999999", "procedure_code": "kokuho", "levy_year": 2025, "tax_year": 2025, "bill_no": "100001",
            "installment_no": 3, "slip_installment_no": 0, "issue_no": 2, "key_no": None, "check_no": None, "item_no": None, "amount_yen": 4_000,
            "principal_yen": None, "demand_fee_yen": None, "late_charge_yen": None, "paid_on": date(2026, 11, 5), "funds_on": None, "channel": "06",
            "fiscal_year": 2026, "year_kind": "1", "night_on": date(2026, 11, 20), "reverses_no": 5, "received_on": None,
        },
    ]},
)  # fmt: skip
MONEY_BY_HAND = CsvCase(
    "money_by_hand_csv",
    "tsucho",
    (
        "整理番号,入金日,金額,振込依頼人,資金化日,口座,区分",
        "1,2026/11/12,118500,ﾁﾎｳｾﾞｲｷﾖｳﾄﾞｳｷｺｳ,2026/11/12,0001-001-0123456,入金",
        "2,2026/11/13,3000,カクウ タロウ,,,取消",
    ),
    {"data": [
        {
            "number": "1", "booked_on": date(2026, 11, 12), "kind": "入金", "amount_yen": 118_500, "sender": "ﾁﾎｳｾﾞｲｷﾖｳﾄﾞｳｷｺｳ",
            "funds_on": date(2026, 11, 12), "account": "0001-001-0123456",
        },
        {
            "number": "2", "booked_on": date(2026, 11, 13), "kind": "取消", "amount_yen": 3_000, "sender": "カクウ タロウ",
            "funds_on": None, "account": None,
        },
    ]},
)  # fmt: skip
PAYMENT_BY_HAND = CsvCase(
    "payment_by_hand_csv",
    "saichi",
    (
        "整理番号,納付番号,確認番号,バーコード,金額,領収日,収入日,画像番号,チャネル",
        "R8-0001,00000202401010104348,778284,,39500,2026/11/05,2026/11/06,SCAN-0012,窓口",
        f"R8-0002,,,{REAL_BARCODE},39500,2026/11/05,,,郵便局",
    ),
    {"data": [
        {
            "number": "R8-0001", "key_no": "00000202401010104348", "check_no": "778284", "barcode": None, "amount_yen": 39_500,
            "paid_on": date(2026, 11, 5), "received_on": date(2026, 11, 6), "image_ref": "SCAN-0012", "channel": "窓口",
        },
        {
            "number": "R8-0002", "key_no": None, "check_no": None, "barcode": REAL_BARCODE, "amount_yen": 39_500,
            "paid_on": date(2026, 11, 5), "received_on": None, "image_ref": None, "channel": "郵便局",
        },
    ]},
)  # fmt: skip

CLAIMS = CsvCase(
    "claim_csv",
    "shunou",
    (
        "税目,賦課年度,相当年度,通知書番号,期別,宛名番号,納期限,課税・更正日,更正事由,本税,督促手数料,延滞金,不納欠損日,本税の不納欠損,督促手数料の不納欠損,延滞金の不納欠損,操作年月日,操作時刻",
        "kokuho,2026,2026,100001,5,1000001,20261031,20261001,,10000,0,0,,,,,20261001,090000",
        "kokuho,2024,2024,100002,1,1000002,20240731,20261102,減免,8000,100,500,20261102,3000,100,,20261102,173000",
    ),
    {"claim": [
        {
            "zeimoku_cd": "kokuho", "fuka_nendo": 2026, "soto_nendo": 2026, "tsuchisho_no": "100001", "kibetsu_cd": 5, "atena_no": "1000001",
            "noki_ymd": date(2026, 10, 31), "kazei_kosei_ymd": date(2026, 10, 1), "kosei_jiyu_cd": None, "zeigaku": 10_000, "tokusoku": 0, "entaikin": 0,
            "kesson_ymd": None, "zeigaku_kesson": None, "tokusoku_kesson": None, "entaikin_kesson": None, "sosa_ymd": date(2026, 10, 1), "sosa_time": "090000",
        },
        {
            "zeimoku_cd": "kokuho", "fuka_nendo": 2024, "soto_nendo": 2024, "tsuchisho_no": "100002", "kibetsu_cd": 1, "atena_no": "1000002",
            "noki_ymd": date(2024, 7, 31), "kazei_kosei_ymd": date(2026, 11, 2), "kosei_jiyu_cd": "減免", "zeigaku": 8_000, "tokusoku": 100, "entaikin": 500,
            "kesson_ymd": date(2026, 11, 2), "zeigaku_kesson": 3_000, "tokusoku_kesson": 100, "entaikin_kesson": None, "sosa_ymd": date(2026, 11, 2), "sosa_time": "173000",
        },
    ]},
)  # fmt: skip

STATUSES = CsvCase(
    "reminder_status_csv",
    "tokusoku_teishi",
    (
        "税目,賦課年度,相当年度,通知書番号,期別,宛名番号,状況区分,管理番号,開始日,終了日,解除日,事由,操作年月日,操作時刻,削除フラグ",
        "kokuho,2026,2026,100001,5,1000001,徴収猶予,12,20261101,20270331,,災害,20261101,090000,0",
        ",,,,,1000002,督促停止,7,20261015,,20261102,,20261102,173000,1",
    ),
    {"status": [
        {
            "zeimoku_cd": "kokuho", "fuka_nendo": 2026, "soto_nendo": 2026, "tsuchisho_no": "100001", "kibetsu_cd": 5, "atena_no": "1000001",
            "jokyo_kbn": "徴収猶予", "kanri_no": "12", "kaishi_ymd": date(2026, 11, 1), "shuryo_ymd": date(2027, 3, 31), "kaijo_ymd": None, "jiyu": "災害",
            "sosa_ymd": date(2026, 11, 1), "sosa_time": "090000", "del_flg": "0",
        },
        {
            "zeimoku_cd": None, "fuka_nendo": None, "soto_nendo": None, "tsuchisho_no": None, "kibetsu_cd": None, "atena_no": "1000002",
            "jokyo_kbn": "督促停止", "kanri_no": "7", "kaishi_ymd": date(2026, 10, 15), "shuryo_ymd": None, "kaijo_ymd": date(2026, 11, 2), "jiyu": None,
            "sosa_ymd": date(2026, 11, 2), "sosa_time": "173000", "del_flg": "1",
        },
    ]},
)  # fmt: skip

REFUNDS = CsvCase(
    "refund_paid_csv",
    "shiharai",
    (
        "受付番号,決定番号,支払日,支払番号,金額,区分",
        "2,還付第5号,2026/11/12,伝票77,10000,支払済",
        ",還付第6号,2026/11/13,,4000,返戻",
    ),
    {"refund": [
        {
            "payment_no": 2, "decision_no": "還付第5号", "done_on": date(2026, 11, 12), "number": "伝票77", "yen": 10_000,
            "kind": "支払済",
        },
        {
            "payment_no": None, "decision_no": "還付第6号", "done_on": date(2026, 11, 13), "number": None, "yen": 4_000,
            "kind": "返戻",
        },
    ]},
)  # fmt: skip

_DEBIT: dict[str, object] = {
    "bank": "0002", "bank_name": "ﾍﾞﾂ", "branch": "002", "branch_name": "ｷﾀ", "filler_1": None, "account_kind": "1", "account_no": "1234567", "holder": "ｶｸｳ ﾀﾛｳ",
    "amount_yen": 10_000, "new_kind": "0", "customer_no": "A1", "result": "0", "filler_2": None,
}  # fmt: skip
TRANSFER_CSV = CsvCase(
    "account_transfer_91_csv",
    "zengin",
    (
        "1,91,0,0000012345,ﾐﾎﾝｼ,1102,0001,ﾐﾎﾝ,001,ﾎﾝﾃﾝ,1,0123456,",
        "2,0002,ﾍﾞﾂ,002,ｷﾀ,,1,1234567,ｶｸｳ ﾀﾛｳ,10000,0,A1,0,",
        "2,0003,,003,,,1,7654321,ｶｸｳ ﾊﾅｺ,500,,B2,E,",
        "2,0003,,003,,,1,7654322,ｶｸｳ ｼﾞﾛｳ,700,,C3,N,",
        "8,3,11200,1,10000,2,1200,",
        "9,",
    ),
    {
        "header": [{
            "charset_kind": "0", "client_code": "0000012345", "client_name": "ﾐﾎﾝｼ", "debit_on": date(2026, 11, 2), "bank": "0001", "bank_name": "ﾐﾎﾝ", "branch": "001",
            "branch_name": "ﾎﾝﾃﾝ", "account_kind": "1", "account_no": "0123456", "filler": None,
        }],
        "data": [
            _DEBIT,
            _DEBIT | {
                "bank": "0003", "bank_name": None, "branch": "003", "branch_name": None, "account_no": "7654321", "holder": "ｶｸｳ ﾊﾅｺ", "amount_yen": 500, "new_kind": None,
                "customer_no": "B2", "result": "E",
            },
            _DEBIT | {
                "bank": "0003", "bank_name": None, "branch": "003", "branch_name": None, "account_no": "7654322", "holder": "ｶｸｳ ｼﾞﾛｳ", "amount_yen": 700, "new_kind": None,
                "customer_no": "C3", "result": "N",
            },
        ],
        "trailer": [{"total_count": 3, "total_yen": 11_200, "done_count": 1, "done_yen": 10_000, "failed_count": 2, "failed_yen": 1_200, "filler": None}],
        "end": [{"filler": None}],
    },
    charset="cp932",
)  # fmt: skip
CSV = [
    SMART_TRADE,
    TRANSFER_CSV,
    DSK,
    ELTAX_PAYMENT,
    ELTAX_CANCEL,
    ELTAX_REMITTANCE,
    PAYEASY,
    COLLECTION,
    MONEY_BY_HAND,
    PAYMENT_BY_HAND,
    CLAIMS,
    STATUSES,
    REFUNDS,
]
