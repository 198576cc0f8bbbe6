"""One table of files and values, format by format: it drives decode, encode, golden texts and every mishap.

The bytes are placed by hand at the positions that the documents give (from 1), never by the code under
test; the values beside them are what those bytes mean. All names are invented.
"""

from dataclasses import dataclass
from datetime import date

from elqr.formats.spec import Charset
from tests.builders import REAL_BARCODE, REAL_CODE

Values = dict[str, list[dict[str, object]]]
RECEIVED_ON = date(2026, 11, 20)
REAL_MPN = REAL_CODE[29:112]


@dataclass(frozen=True)
class Case:
    """A file without line ends between its records, and its values by record kind, in file order."""

    spec: str
    name: str
    records: tuple[bytes, ...]
    values: Values
    charset: Charset = "jisx0201"
    received_on: date = RECEIVED_ON

    @property
    def id(self) -> str:
        return f"{self.spec}-{self.name}"

    def data(self, end: bytes = b"") -> bytes:
        return b"".join(record + end for record in self.records)


def placed(width: int, *pieces: tuple[int, str | bytes], blank: bytes = b" ") -> bytes:
    """A record of `width` bytes with each piece at its position, counted from 1 as the documents do."""
    record = bytearray(blank * width)
    taken: set[int] = set()
    for start, piece in pieces:
        data = piece.encode("cp932") if isinstance(piece, str) else piece
        own = set(range(start - 1, start - 1 + len(data)))
        assert not own & taken and max(own) < width, f"{start}: {piece!r}"
        taken |= own
        record[start - 1 : start - 1 + len(data)] = data
    return bytes(record)


_HEAD = [(1, "1"), (2, "91"), (4, "0"), (5, "0000012345"), (15, "ﾐﾎﾝｼ"), (55, "1102"), (59, "0001"), (63, "ﾐﾎﾝ"), (78, "001"), (81, "ﾎﾝﾃﾝ"), (96, "1"), (97, "0123456")]  # fmt: skip
_HEAD_VALUES: dict[str, object] = {
    "charset_kind": "0", "client_code": "0000012345", "client_name": "ﾐﾎﾝｼ", "debit_on": date(2026, 11, 2), "bank": "0001",
    "bank_name": "ﾐﾎﾝ", "branch": "001", "branch_name": "ﾎﾝﾃﾝ", "account_kind": "1", "account_no": "0123456",
}  # fmt: skip
_ROW_1 = [(1, "2"), (2, "0002"), (6, "ﾍﾞﾂ"), (21, "002"), (24, "ｷﾀ"), (43, "1"), (44, "1234567"), (51, "ｶｸｳ ﾀﾛｳ"), (81, "0000010000"), (91, "1")]  # fmt: skip
_ROW_2 = [(1, "2"), (2, "0003"), (21, "003"), (43, "9"), (44, "7654321"), (51, "ｶｸｳ ﾊﾅｺ"), (81, "0000000500")]
_ROW_1_VALUES: dict[str, object] = {
    "bank": "0002", "bank_name": "ﾍﾞﾂ", "branch": "002", "branch_name": "ｷﾀ", "account_kind": "1", "account_no": "1234567",
    "holder": "ｶｸｳ ﾀﾛｳ", "amount_yen": 10_000, "new_kind": "1",
}  # fmt: skip
_ROW_2_VALUES: dict[str, object] = {
    "bank": "0003", "bank_name": None, "branch": "003", "branch_name": None, "account_kind": "9", "account_no": "7654321",
    "holder": "ｶｸｳ ﾊﾅｺ", "amount_yen": 500, "new_kind": None,
}  # fmt: skip
_TOTALS: dict[str, object] = {"total_count": 2, "total_yen": 10_500, "done_count": 1, "done_yen": 10_000, "failed_count": 1, "failed_yen": 500}  # fmt: skip


def _trailer(width: int) -> bytes:
    return placed(width, (1, "8"), (2, "000002"), (8, "000000010500"), (20, "000001"), (26, "000000010000"), (38, "000001"), (44, "000000000500"))  # fmt: skip


def _end(width: int) -> bytes:
    return placed(width, (1, "9"))


RESULT_91 = Case(
    "account_transfer_91_result",
    "jis",
    (
        placed(120, *_HEAD),
        placed(120, *_ROW_1, (92, "00000000000000000A01"), (112, "0")),
        placed(120, *_ROW_2, (92, "B2"), (112, "1")),
        _trailer(120),
        _end(120),
    ),
    {
        "header": [_HEAD_VALUES],
        "data": [_ROW_1_VALUES | {"customer_no": "00000000000000000A01", "result": "0"}, _ROW_2_VALUES | {"customer_no": "B2", "result": "1"}],
        "trailer": [_TOTALS],
    },
)  # fmt: skip

# EBCDIC by hand: 1 = F1, ﾐ = A5, ﾎ = A3, ﾝ = BD, ｼ = 8D, ｶ = 86, ｸ = 88, ｳ = 83, ﾀ = 91, ﾛ = BB, A = C1, space = 40.
RESULT_EBCDIC = Case(
    "account_transfer_91_result",
    "ebcdic",
    (
        placed(120, (1, b"\xf1\xf9\xf1\xf1"), (5, b"\xf0" * 5 + b"\xf1\xf2\xf3\xf4\xf5"), (15, b"\xa5\xa3\xbd\x8d"), (55, b"\xf1\xf1\xf0\xf2"), blank=b"\x40"),
        placed(
            120, (1, b"\xf2"), (2, b"\xf0\xf0\xf0\xf2"), (21, b"\xf0\xf0\xf2"), (43, b"\xf1"), (44, b"\xf1\xf2\xf3\xf4\xf5\xf6\xf7"),
            (51, b"\x86\x88\x83\x40\x91\xbb\x83"), (81, b"\xf0" * 6 + b"\xf1\xf0\xf0\xf0"), (91, b"\xf0"), (92, b"\xc1\xf1"), (112, b"\xf0"), blank=b"\x40",
        ),
        placed(120, (1, b"\xf8"), (2, b"\xf0" * 5 + b"\xf1" + b"\xf0" * 8 + b"\xf1\xf0\xf0\xf0"), (20, b"\xf0" * 5 + b"\xf1" + b"\xf0" * 8 + b"\xf1\xf0\xf0\xf0"), (38, b"\xf0" * 18), blank=b"\x40"),
        placed(120, (1, b"\xf9"), blank=b"\x40"),
    ),
    {
        "header": [dict.fromkeys(_HEAD_VALUES) | {"charset_kind": "1", "client_code": "0000012345", "client_name": "ﾐﾎﾝｼ", "debit_on": date(2026, 11, 2)}],
        "data": [{
            "bank": "0002", "bank_name": None, "branch": "002", "branch_name": None, "account_kind": "1", "account_no": "1234567",
            "holder": "ｶｸｳ ﾀﾛｳ", "amount_yen": 1_000, "new_kind": "0", "customer_no": "A1", "result": "0",
        }],
        "trailer": [{"total_count": 1, "total_yen": 1_000, "done_count": 1, "done_yen": 1_000, "failed_count": 0, "failed_yen": 0}],
    },
    charset="ebcdic",
)  # fmt: skip

REQUEST_91 = Case(
    "account_transfer_91_request",
    "jis",
    (
        placed(120, *[piece for piece in _HEAD if piece[0] != 55], (55, "1130")),
        placed(120, *_ROW_1, (92, "A1"), (112, "0")),
        placed(120, *_ROW_2, (92, "B2"), (112, "0")),
        placed(120, (1, "8"), (2, "000002"), (8, "000000010500"), (20, "0" * 36)),
        _end(120),
    ),
    {
        "header": [_HEAD_VALUES | {"debit_on": date(2026, 11, 30)}],
        "data": [_ROW_1_VALUES | {"customer_no": "A1", "result": "0"}, _ROW_2_VALUES | {"customer_no": "B2", "result": "0"}],
        "trailer": [{"total_count": 2, "total_yen": 10_500}],
    },
)  # fmt: skip

YUCHO = Case(
    "account_transfer_91_yucho",
    "jis",
    (
        placed(120, (1, "1"), (2, "91"), (5, "0000012345"), (15, "ﾐﾎﾝｼ"), (55, "1102")),
        placed(120, (1, "2"), (21, "123"), (43, "1"), (44, "1234567"), (51, "ｶｸｳ ﾀﾛｳ"), (81, "0000010000"), (92, "A1"), (112, "0")),
        placed(120, (1, "2"), (21, "123"), (44, "7654321"), (51, "ｶｸｳ ﾊﾅｺ"), (81, "0000000500"), (92, "B2"), (112, "1")),
        _trailer(120),
        _end(120),
    ),
    {
        "header": [{"client_code": "0000012345", "client_name": "ﾐﾎﾝｼ", "debit_on": date(2026, 11, 2), "branch": None, "account_kind": None, "account_no": None}],
        "data": [
            {"branch": "123", "account_kind": "1", "account_no": "1234567", "holder": "ｶｸｳ ﾀﾛｳ", "amount_yen": 10_000, "customer_no": "A1", "result": "0"},
            {"branch": "123", "account_kind": None, "account_no": "7654321", "holder": "ｶｸｳ ﾊﾅｺ", "amount_yen": 500, "customer_no": "B2", "result": "1"},
        ],
        "trailer": [_TOTALS],
    },
)  # fmt: skip

LONG_220 = Case(
    "account_transfer_220",
    "jis",
    (
        placed(220, *_HEAD, (121, "ｺｸﾎ")),
        placed(
            220, (1, "2"), (2, "0002"), (6, "ﾍﾞﾂ"), (21, "002"), (24, "ｷﾀ"), (39, "1"), (40, "1234567"), (47, "ｶｸｳ ﾀﾛｳ"), (77, "0000010000"),
            (87, "0000009000"), (97, "0000001000"), (127, "0000000000"), (137, "1"), (138, "A1"), (158, "ｶｸｳ ｼﾞﾛｳ"), (188, "0"), (189, "ｺｸﾎ"), (199, "08"),
        ),
        placed(220, (1, "2"), (2, "0003"), (21, "003"), (39, "9"), (40, "7654321"), (47, "ｶｸｳ ﾊﾅｺ"), (77, "0000000500"), (138, "B2"), (188, "1")),
        _trailer(220),
        _end(220),
    ),
    {
        "header": [_HEAD_VALUES | {"collected_kind": "ｺｸﾎ"}],
        "data": [
            _ROW_1_VALUES | {"fixed_yen": 9_000, "added_yen": 1_000, "prepaid_yen": 0, "customer_no": "A1", "insured": "ｶｸｳ ｼﾞﾛｳ", "result": "0", "passbook": "ｺｸﾎ", "year": "08"},
            _ROW_2_VALUES | {"fixed_yen": None, "added_yen": None, "prepaid_yen": None, "customer_no": "B2", "insured": None, "result": "1", "passbook": None, "year": None},
        ],
        "trailer": [_TOTALS],
    },
)  # fmt: skip

LONG_300 = Case(
    "account_transfer_300",
    "jis",
    (
        placed(300, *_HEAD[:5], (55, "081102"), (61, "0001"), (65, "ﾐﾎﾝ"), (80, "001"), (83, "ﾎﾝﾃﾝ"), (98, "1"), (99, "0123456")),
        placed(
            300, *_ROW_1, (92, "0"), (101, "A1"), (121, "1A"), (141, "0810"), (149, "000012"), (155, "000010"), (161, "000002"), (167, "M1"),
            (175, "00006000"), (183, "    4000"), (191, "00000000"), (199, "ｶｸｳ ｼﾞﾛｳ"), (229, "51000"), (234, "ﾐﾎﾝｼ ｶｸｳﾁｮｳ 1"),
        ),
        placed(300, *_ROW_2, (92, "1"), (101, "B2")),
        _trailer(300),
        _end(300),
    ),
    {
        "header": [_HEAD_VALUES],
        "data": [
            _ROW_1_VALUES | {
                "result": "0", "customer_no": "A1", "old_customer_no": "1A", "levied_month": "0810", "water_1": "000012", "water_2": "000010", "water_3": "000002",
                "meter": "M1", "supply_yen": 6_000, "sewage_yen": 4_000, "other_yen": 0, "customer": "ｶｸｳ ｼﾞﾛｳ", "postal_code": "51000", "address": "ﾐﾎﾝｼ ｶｸｳﾁｮｳ 1",
            },
            _ROW_2_VALUES | dict.fromkeys(
                ("old_customer_no", "levied_month", "water_1", "water_2", "water_3", "meter", "supply_yen", "sewage_yen", "other_yen", "customer", "postal_code", "address")
            ) | {"result": "1", "customer_no": "B2"},
        ],
        "trailer": [_TOTALS],
    },
)  # fmt: skip

LONG_350 = Case(
    "account_transfer_350",
    "jis",
    (
        placed(
            350, (1, "1"), (2, "91"), (4, "0"), (5, "00012345"), (13, "10"), (15, "ｼﾐﾝ"), (20, "ﾐﾎﾝｼ"), (55, "08"), (57, "11"), (59, "02"), (61, "0001"), (65, "ﾐﾎﾝ"),
            (80, "001"), (83, "ﾎﾝﾃﾝ"), (98, "1"), (99, "0123456"), (106, "08"),
        ),
        placed(
            350, *_ROW_1, (92, "0"), (93, "??"), (103, "G1"), (121, "X"), (123, "G0"), (141, "10"), (143, "ｼﾐﾝ"), (148, "08"), (150, "03"), (155, "S1"),
            (166, "00000000000000000000000A01"), (192, "?"), (199, "ｶｸｳ ｼﾞﾛｳ"), (229, "51000"), (234, "ﾐﾎﾝｼ"), (256, "ｶｸｳﾁｮｳ"), (278, "1"), (300, "2"), (322, "ｼﾐﾝｾﾞｲ"), (337, "K1"),
        ),
        placed(350, *_ROW_2, (92, "1"), (166, "B2")),
        _trailer(350),
        _end(350),
    ),
    {
        "header": [_HEAD_VALUES | {"client_code": "00012345", "subject": "10", "subject_name": "ｼﾐﾝ", "year": "08"}],
        "data": [
            _ROW_1_VALUES | {
                "result": "0", "unknown_1": b"??        ", "payer_no": "G1", "unknown_2": b"X ", "old_payer_no": "G0", "tax_kind": "10", "tax_kind_name": "ｼﾐﾝ",
                "levied_year": "08", "installment": "03", "serial": "S1", "collection_no": "00000000000000000000000A01", "unknown_3": b"?      ",
                "taxpayer": "ｶｸｳ ｼﾞﾛｳ", "postal_code": "51000", "address_1": "ﾐﾎﾝｼ", "address_2": "ｶｸｳﾁｮｳ", "address_3": "1", "address_4": "2", "subject": "ｼﾐﾝｾﾞｲ", "account": "K1",
            },
            _ROW_2_VALUES | dict.fromkeys(
                ("payer_no", "old_payer_no", "tax_kind", "tax_kind_name", "levied_year", "installment", "serial", "taxpayer", "postal_code",
                 "address_1", "address_2", "address_3", "address_4", "subject", "account")
            ) | {"result": "1", "unknown_1": b" " * 10, "unknown_2": b"  ", "collection_no": "B2", "unknown_3": b" " * 7},
        ],
        "trailer": [_TOTALS],
    },
)  # fmt: skip

_BANK_HEAD = [
    (4, "0"),
    (5, "081106"),
    (11, "081101"),
    (17, "081105"),
    (23, "0001"),
    (27, "ﾐﾎﾝ"),
    (42, "001"),
    (45, "ﾎﾝﾃﾝ"),
]
_BANK_HEAD_VALUES: dict[str, object] = {
    "charset_kind": "0", "made_on": date(2026, 11, 6), "from_on": date(2026, 11, 1), "to_on": date(2026, 11, 5), "bank": "0001", "bank_name": "ﾐﾎﾝ",
    "branch": "001", "branch_name": "ﾎﾝﾃﾝ",
}  # fmt: skip
_HEAD_01 = placed(200, (1, "1"), (2, "01"), *_BANK_HEAD, (60, "1"), (61, "0123456"), (68, "ﾐﾎﾝｼ ｶｲｹｲｶﾝﾘｼｬ"))
_HEAD_01_VALUES = _BANK_HEAD_VALUES | {"account_kind": "1", "account_no": "0123456", "account_name": "ﾐﾎﾝｼ ｶｲｹｲｶﾝﾘｼｬ"}
_CREDIT = [(1, "2"), (2, "000001"), (8, "081102"), (14, "081102"), (20, "0000120000"), (30, "0000000000"), (40, "0000000001"), (50, "ﾁﾎｳｾﾞｲｷﾖｳﾄﾞｳｷｺｳ"), (98, "ﾍﾞﾂ"), (113, "ｷﾀ")]  # fmt: skip
_CANCEL = [(1, "2"), (2, "000002"), (8, "081104"), (20, "0000003000"), (50, "ｶｸｳ ﾀﾛｳ"), (128, "1")]
_CREDIT_VALUES: dict[str, object] = {
    "inquiry_no": "000001", "booked_on": date(2026, 11, 2), "value_on": date(2026, 11, 2), "amount_yen": 120_000, "other_yen": 0, "sender_code": "0000000001",
    "sender": "ﾁﾎｳｾﾞｲｷﾖｳﾄﾞｳｷｺｳ", "from_bank": "ﾍﾞﾂ", "from_branch": "ｷﾀ", "cancel_kind": None,
}  # fmt: skip
_CANCEL_VALUES: dict[str, object] = {
    "inquiry_no": "000002", "booked_on": date(2026, 11, 4), "value_on": None, "amount_yen": 3_000, "other_yen": None, "sender_code": None,
    "sender": "ｶｸｳ ﾀﾛｳ", "from_bank": None, "from_branch": None, "cancel_kind": "1",
}  # fmt: skip
_TRAILER_01 = placed(200, (1, "8"), (2, "000001"), (8, "000000120000"), (20, "000001"), (26, "000000003000"))
_TRAILER_01_VALUES: dict[str, object] = {"total_count": 1, "total_yen": 120_000, "cancel_count": 1, "cancel_yen": 3_000}

CREDIT_A = Case(
    "bank_credit_01_a",
    "jis",
    (_HEAD_01, placed(200, *_CREDIT, (129, "EDI00000000000000001")), placed(200, *_CANCEL), _TRAILER_01, _end(200)),
    {
        "header": [_HEAD_01_VALUES],
        "data": [_CREDIT_VALUES | {"edi": "EDI00000000000000001"}, _CANCEL_VALUES | {"edi": None}],
        "trailer": [_TRAILER_01_VALUES],
    },
)
CREDIT_B = Case(
    "bank_credit_01_b",
    "jis",
    (
        _HEAD_01,
        placed(200, *_CREDIT, (129, "000000120000"), (141, "000000000000"), (153, "EDI1")),
        placed(200, *_CANCEL, (129, "000000003000"), (141, "000000000000")),
        _TRAILER_01,
        _end(200),
    ),
    {
        "header": [_HEAD_01_VALUES],
        "data": [
            _CREDIT_VALUES | {"amount_2_yen": 120_000, "other_2_yen": 0, "edi": "EDI1"},
            _CANCEL_VALUES | {"amount_2_yen": 3_000, "other_2_yen": 0, "edi": None},
        ],
        "trailer": [_TRAILER_01_VALUES],
    },
)
STATEMENT = Case(
    "bank_statement_03",
    "jis",
    (
        placed(200, (1, "1"), (2, "03"), *_BANK_HEAD, (60, "000"), (63, "1"), (64, "0000123456"), (74, "ﾐﾎﾝｼ"), (114, "0"), (115, "1"), (116, "00000001000000")),
        placed(
            200, (1, "2"), (2, "00000001"), (10, "081102"), (16, "081102"), (22, "1"), (23, "11"), (25, "000000120000"), (37, "000000000000"), (49, "000000"),
            (55, "000000"), (61, "0"), (62, "0000000"), (69, "000"), (72, "0000000001"), (82, "ﾁﾎｳｾﾞｲｷﾖｳﾄﾞｳｷｺｳ"), (130, "ﾍﾞﾂ"), (145, "ｷﾀ"), (160, "ﾌﾘｺﾐ"), (180, "EDI1"),
        ),
        placed(200, (1, "2"), (2, "00000002"), (10, "081104"), (22, "2"), (23, "12"), (25, "000000020000"), (160, "ｼﾊﾗｲ")),
        placed(200, (1, "8"), (2, "000001"), (8, "0000000120000"), (21, "000001"), (27, "0000000020000"), (40, "0"), (41, "00000001100000"), (55, "0000002")),
        placed(200, (1, "9"), (2, "0000000005"), (12, "00001")),
    ),
    {
        "header": [_BANK_HEAD_VALUES | {"account_kind": "1", "account_no": "0000123456", "account_name": "ﾐﾎﾝｼ", "overdraft_kind": "0", "passbook_kind": "1", "before_yen": 1_000_000}],
        "data": [
            {
                "inquiry_no": "00000001", "booked_on": date(2026, 11, 2), "moved_on": date(2026, 11, 2), "in_out": "1", "deal_kind": "11", "amount_yen": 120_000, "other_yen": 0,
                "exchanged_on": "000000", "dishonoured_on": "000000", "bill_kind": "0", "bill_no": "0000000", "other_branch": "000", "sender_code": "0000000001",
                "sender": "ﾁﾎｳｾﾞｲｷﾖｳﾄﾞｳｷｺｳ", "from_bank": "ﾍﾞﾂ", "from_branch": "ｷﾀ", "note": "ﾌﾘｺﾐ", "edi": "EDI1",
            },
            {
                "inquiry_no": "00000002", "booked_on": date(2026, 11, 4), "moved_on": None, "in_out": "2", "deal_kind": "12", "amount_yen": 20_000, "other_yen": None,
                "exchanged_on": None, "dishonoured_on": None, "bill_kind": None, "bill_no": None, "other_branch": None, "sender_code": None,
                "sender": None, "from_bank": None, "from_branch": None, "note": "ｼﾊﾗｲ", "edi": None,
            },
        ],
        "trailer": [{"in_count": 1, "in_yen": 120_000, "out_count": 1, "out_yen": 20_000, "overdraft_kind": "0", "after_yen": 1_100_000, "data_count": 2}],
        "end": [{"total_count": 5, "account_count": 1}],
    },
)  # fmt: skip

FAMILY_A = Case(
    "cvs_family_a",
    "cp932",
    (
        placed(120, (1, "1"), (2, "20261106"), (10, "00001"), (15, "83326"), (20, "見本﨑市①Ⅲ")),
        placed(
            120, (1, "2"), (2, "02"), (4, "20261105"), (12, "1012"), (16, REAL_BARCODE), (63, "0001234"), (70, "20261106"), (78, "20261112"), (86, "20261113"),
            (94, "20261106"), (102, "0010"),
        ),
        placed(120, (1, "2"), (2, "01"), (4, "20261105"), (12, "2359"), (16, REAL_BARCODE), (63, "0001234")),
        placed(120, (1, "8"), (2, "000002?")),
        placed(120, (1, "9"), (120, "Z")),
    ),
    {
        "header": [{"made_on": date(2026, 11, 6), "factor": "00001", "company": "83326", "company_name": "見本﨑市①Ⅲ"}],
        "data": [
            {
                "data_kind": "02", "paid_on": date(2026, 11, 5), "paid_at": "1012", "barcode": REAL_BARCODE, "store": "0001234", "got_on": date(2026, 11, 6),
                "funds_on": date(2026, 11, 12), "unknown_2": b"20261113", "booked_on": date(2026, 11, 6), "cvs_code": "0010",
            },
            {
                "data_kind": "01", "paid_on": date(2026, 11, 5), "paid_at": "2359", "barcode": REAL_BARCODE, "store": "0001234", "got_on": None,
                "funds_on": None, "unknown_2": b" " * 8, "booked_on": None, "cvs_code": None,
            },
        ],
        "trailer": [{"unknown": b"000002?" + b" " * 112}],
        "end": [{"unknown": b" " * 118 + b"Z"}],
    },
    charset="cp932",
)  # fmt: skip
FAMILY_B = Case(
    "cvs_family_b",
    "cp932",
    (
        placed(120, (1, "1"), (2, "HEADER?")),
        placed(
            120, (1, "2"), (2, "02"), (4, "20261105"), (12, "1012"), (16, "1"), (17, REAL_BARCODE), (64, "0001234"), (71, "01"), (73, "20261106"), (81, "20261112"),
            (89, "20261106"), (97, "000010"),
        ),
        placed(120, (1, "8"), (2, "000001")),
        placed(120, (1, "9")),
    ),
    {
        "header": [{"unknown": b"HEADER?" + b" " * 112}],
        "data": [{
            "data_kind": "02", "paid_on": date(2026, 11, 5), "paid_at": "1012", "barcode_kind": "1", "barcode": REAL_BARCODE, "barcode_tail": None,
            "store": "0001234", "customer_kind": "01",
            "got_on": date(2026, 11, 6), "funds_on": date(2026, 11, 12), "booked_on": date(2026, 11, 6), "cvs_code": "000010",
        }],
        "trailer": [{"unknown": b"000001" + b" " * 113}],
        "end": [{"unknown": b" " * 119}],
    },
    charset="cp932",
)  # fmt: skip
MPN_LINE = Case(
    "mpn_line",
    "real_slip",
    (placed(83, (1, REAL_MPN)),),
    {"line": [{
        "upper_check": "38", "account": "00000000000", "amount_yen": 39_500, "agency": "13800", "stamp": "0", "item_no": "127", "upper_rest": "00000",
        "lower_check": "82", "key_no": "00000202401010104348", "check_no": "778284", "eltax_area": "0", "office_code": "44000", "tax_office_code": "040", "lower_rest": "0000000",
    }]},
)  # fmt: skip

YUCHO_OWN = Case(
    "account_transfer_yucho",
    "jis",
    (
        placed(120, (1, "1"), (2, "30"), (5, "0000012345"), (15, "ﾐﾎﾝｼ"), (55, "1102"), (59, "9900"), (63, "ﾕｳﾁﾖ"), (78, "123"), (97, "0123456"), (104, "1125"), (108, "1")),
        placed(120, (1, "2"), (2, "9900"), (6, "ﾕｳﾁﾖ"), (21, "456"), (44, "1234567"), (51, "ｶｸｳ ﾀﾛｳ"), (81, "0000010000"), (91, "0"), (92, "A1"), (112, "0")),
        placed(120, (1, "2"), (21, "456"), (44, "7654321"), (51, "ｶｸｳ ﾊﾅｺ"), (81, "0000000500"), (92, "B2"), (112, "1"), (113, "0811"), (117, "01"), (119, "02")),
        placed(
            120, (1, "8"), (2, "000002"), (8, "000000010500"), (20, "000001"), (26, "000000010000"), (38, "000001"), (44, "000000000500"),
            (56, "000000"), (62, "000000"), (68, "000000"), (74, "000000"), (80, "000000000000"),
        ),
        placed(120, (1, "9")),
    ),
    {
        "header": [
            {
                "client_code": "0000012345", "client_name": "ﾐﾎﾝｼ", "debit_on": date(2026, 11, 2), "bank": "9900", "bank_name": "ﾕｳﾁﾖ", "symbol": "123", "number": "0123456",
                "retry_on": date(2026, 11, 25), "retries": "1",
            },
        ],
        "data": [
            {
                "bank": "9900", "bank_name": "ﾕｳﾁﾖ", "symbol": "456", "number": "1234567", "holder": "ｶｸｳ ﾀﾛｳ", "amount_yen": 10_000, "inquiry_kind": "0", "customer_no": "A1",
                "result": "0", "priority_month": None, "priority_code": None, "remark_kind": None,
            },
            {
                "bank": None, "bank_name": None, "symbol": "456", "number": "7654321", "holder": "ｶｸｳ ﾊﾅｺ", "amount_yen": 500, "inquiry_kind": None, "customer_no": "B2",
                "result": "1", "priority_month": "0811", "priority_code": "01", "remark_kind": "02",
            },
        ],
        "trailer": [
            _TOTALS | {"inquired_count": "000000", "inquired_good_count": "000000", "inquired_bad_count": "000000", "retried_count": "000000", "retried_yen": "000000000000"},
        ],
    },
    charset="cp932",
)  # fmt: skip

YUCHO_AGAIN = (
    placed(120, (1, "1"), (2, "30"), (5, "0000012345"), (15, "ﾐﾎﾝｼ"), (55, "1102"), (104, "1116"), (108, "2")),
    placed(120, (1, "2"), (21, "456"), (44, "7654321"), (51, "ｶｸｳ ﾊﾅｺ"), (81, "0000000500"), (92, "B2"), (112, "0")),
    placed(120, (1, "8"), (2, "000001"), (8, "000000000500"), (20, "000001"), (26, "000000000500"), (38, "0" * 18)),
)  # fmt: skip
"""再払込み: a second group, in which what the first did not bring is paid on a day of its own."""

_ESCAPES = (b"\x1b$B", b"\x1b(B")
_PENSIONER: dict[str, object] = {
    "city_code": "99999", "payer_code": "999", "system": "0", "made_month": "202610", "made_day": "20", "pension_code": "1150", "born_on": "19500401", "sex": "1",
    "name_kana": "ｶｸｳ ﾀﾛｳ", "shift_1": _ESCAPES[0], "name_kanji": b"2M6u" + b" " * 46, "shift_2": _ESCAPES[1], "postal_code": "5100000", "address_kana": "ﾐﾎﾝｼ",
    "shift_3": _ESCAPES[0], "address_kanji": b"8+K\\" + b" " * 156, "shift_4": _ESCAPES[1], "process_result": "00", "moved_code": None, "various_on": "20261015",
    "amount_2_yen": 0, "amount_3_yen": 0, "mutual_aid_no": None,
}  # fmt: skip


def _pensioner(number: str, result: str, yen: int) -> bytes:
    """A data record: the positions from 1 are those of two public implementations, which agree."""
    return placed(
        500, (1, "2"), (2, "99999"), (7, "999"), (10, "22"), (13, "0"), (14, "20261020"), (22, number), (32, "1150"), (39, "19500401"), (47, "1"), (48, "ｶｸｳ ﾀﾛｳ"),
        (73, _ESCAPES[0]), (76, b"2M6u"), (126, _ESCAPES[1]), (129, "5100000"), (136, "ﾐﾎﾝｼ"), (216, _ESCAPES[0]), (219, b"8+K\\"), (379, _ESCAPES[1]),
        (382, result), (384, "00"), (387, "20261015"), (395, f"{yen:011}"), (406, "0" * 11), (417, "0" * 11),
    )  # fmt: skip


_PENSION_HEAD = placed(500, (1, "1"), (2, "99999"), (7, "999"), (10, "22"), (12, "6"), (13, "0"), (14, "20261020"))
_PENSION_TRAILER = placed(
    500, (1, "3"), (2, "99999"), (7, "999"), (10, "22"), (13, "0"), (14, "20261020"), (22, "000000002"), (31, "00000011800"), (42, "0" * 22)
)  # fmt: skip
PENSION = Case(
    "pension_collection_22",
    "kaigo",
    (_PENSION_HEAD, _pensioner("1234567890", "00", 5_900), _pensioner("2345678901", "01", 5_900), _PENSION_TRAILER),
    {
        "header": [{"city_code": "99999", "payer_code": "999", "medium": "6", "system": "0", "made_on": date(2026, 10, 20)}],
        "data": [
            _PENSIONER | {"pension_no": "1234567890", "result": "00", "amount_1_yen": 5_900},
            _PENSIONER | {"pension_no": "2345678901", "result": "01", "amount_1_yen": 5_900},
        ],
        "trailer": [{
            "city_code": "99999", "payer_code": "999", "system": "0", "made_on": date(2026, 10, 20), "total_count": 2, "total_1_yen": 11_800, "total_2_yen": 0,
            "total_3_yen": 0,
        }],
    },
)  # fmt: skip

FIXED = [
    RESULT_91, RESULT_EBCDIC, REQUEST_91, YUCHO, YUCHO_OWN, LONG_220, LONG_300, LONG_350, CREDIT_A, CREDIT_B, STATEMENT, FAMILY_A, FAMILY_B, PENSION, MPN_LINE,
]  # fmt: skip
