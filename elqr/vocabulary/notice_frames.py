"""Frames of notice files (納付書データの表): lines of notices for several claims, and refused rows."""

import polars as pl

from elqr.vocabulary.frames import ClaimKey, Column, Frame, Notice, NoticeClaim

CANCEL = "9"
"""異動区分 取消."""


class RefusedRow(ClaimKey):
    """取り込まなかった行: the content of a refused row; null where it could not be read.

    `joint_no`: the record_no of the first row of its notice, where several rows are one notice. Null where an older
    program wrote it.
    """

    ISSUE_NO = Notice.ISSUE_NO
    CHANGE_KIND = Column("change_kind", pl.String)
    RECORD_NO = Column("record_no", pl.Int64)
    JOINT_NO = Column("joint_no", pl.Int64)


NOTICE_KIND = Column("notice_kind", pl.String)
"""納付種別 of a row."""


class NoticeLine(Frame):
    """納付書の行: what a 分納 notice for several claims asks of one of them, as its row in the file says."""

    NOTICE_NO = Notice.NOTICE_NO
    CLAIM_NO = NoticeClaim.CLAIM_NO
    ISSUE_NO = Notice.ISSUE_NO
    PRINCIPAL_YEN = Notice.PRINCIPAL_YEN
    DEMAND_FEE_YEN = Notice.DEMAND_FEE_YEN
    LATE_CHARGE_YEN = Notice.LATE_CHARGE_YEN
    DUE_ON = Notice.DUE_ON
    CUSTOMER_NO = Notice.CUSTOMER_NO
    PENSION_NO = Notice.PENSION_NO


class FiledRow(RefusedRow):
    """取り込まなかった行とそのファイル: a refused row, and the file that had it."""

    NOTICE_FILE_NO = Notice.NOTICE_FILE_NO


class EarlierRow(FiledRow):
    """前のファイルの取り込まなかった行. `is_here`: its file had the same content as the later one."""

    IS_HERE = Column("is_here", pl.Boolean)


class EndedRow(EarlierRow):
    """終わった行. `is_right`: the later file has the row corrected, not just once more, or `is_withdrawn`: its 取消."""

    IS_RIGHT = Column("is_right", pl.Boolean)
    IS_WITHDRAWN = Column("is_withdrawn", pl.Boolean)


class RowEnd(Frame):
    """取り込まなかった行の終わり in the ledger: the file or the request that ended it, and whether it was corrected.

    `is_withdrawn`: the file has its 取消, and it never came in. Null where an older program wrote it.
    """

    NOTICE_FILE_NO = Notice.NOTICE_FILE_NO
    RECORD_NO = RefusedRow.RECORD_NO
    BY_FILE_NO = Column("by_file_no", pl.Int64)
    GIVE_UP_NO = Column("give_up_no", pl.Int64)
    IS_RIGHT = Column("is_right", pl.Int64)
    NIGHT_ON = Column("night_on", pl.String)
    IS_WITHDRAWN = Column("is_withdrawn", pl.Int64)
