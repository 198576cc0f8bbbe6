"""A small city whose page is looked at: five exceptions of four kinds, and names and texts that try to break out."""

from datetime import date
from pathlib import Path

from tests.builders import (
    EVERY_REPORT,
    JOB,
    NIGHT,
    REAL_BARCODE,
    REAL_NOTICE,
    REAL_PAYMENT,
    REGISTER,
    City,
    cvs_file,
    cvs_row,
    eltax_file,
    eltax_row,
    notice_row,
    transfer_file,
    transfer_row,
)

BREAKING = "</script><script>"
"""A 顧客番号 of a delivered record, seventeen characters of it."""

_BREAKING_NAME = r"""水道料金</script><script>document.title='x'</script>\u2028<!--"""
_BREAKING_OFFICE = r"""市民税課\"><img src=x onerror=document.title=1>"""
OFFICE = """市民税課"><img src=x onerror=document.title=1>"""
FILE = "<img src=x onerror=document.title=2>&amp;.dat"


def founded(folder: Path) -> City:
    """The city after its night.

    収納 10,000 (国保 100001). 要確認: 二重納付 39,500 of 2024-06-10; 過納 10,500 of 11-18, 500 too much;
    該当なし 7,000 of 11-19, one digit from 100001; 該当なし 100 of 11-02, by 口座振替; 不足 of 1,000, 11-06.
    """
    register = REGISTER.replace("市民税課", _BREAKING_OFFICE).replace("水道料金", _BREAKING_NAME)
    city = City.founded(folder, JOB.replace("見本市", '見本</style>市\\"'), register, reports=EVERY_REPORT)
    own = [notice_row(bill_no=f"10000{no}") for no in (1, 2, 3)]
    city.notices(REAL_NOTICE, *own)
    assert city.night().code == 0
    keys = city.issued()
    (first, first_check), second, third = (keys["kokuho", f"10000{no}", 1, 1] for no in (1, 2, 3))
    near = first[:-9] + "5" + first[-8:]
    city.deliver("eltax_real.csv", eltax_file(REAL_PAYMENT))
    city.deliver(FILE, cvs_file(cvs_row(REAL_BARCODE, paid_on=date(2024, 6, 10))))
    city.deliver(
        "eltax.csv",
        eltax_file(
            eltax_row(first, first_check, 10_000, serial_no="00000001"),
            eltax_row(*second, 10_500, serial_no="00000002", paid_on=date(2026, 11, 18)),
            eltax_row(near, "000000", 7_000, serial_no="00000003", paid_on=date(2026, 11, 19)),
            eltax_row(*third, 1_000, serial_no="00000004", paid_on=date(2026, 11, 6)),
        ),
    )
    city.deliver("kouza.dat", transfer_file(transfer_row(BREAKING, 100, holder="ﾋﾐﾂ ﾉ ﾅﾏｴ")))
    assert city.night().code == 3
    return city


def page(city: City) -> Path:
    return city.folder / "out" / NIGHT.isoformat() / "index.html"
