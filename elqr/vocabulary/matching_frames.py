"""Columns between the steps of matching (消込の途中の列), spelt once as in elqr/vocabulary/frames.py."""

import polars as pl

from elqr.vocabulary.frames import Column, Frame, Payment


class NoticeComparison(Frame):
    """照会でわかること: what comparing a payment with the notice of its key shows.

    `is_void`: the notice is cancelled, and no other replaces it.
    """

    CHECK_NO_DIFFERS = Column("check_no_differs", pl.Boolean)
    ITEM_OR_OFFICE_DIFFERS = Column("item_or_office_differs", pl.Boolean)
    IS_BEFORE_ISSUE = Column("is_before_issue", pl.Boolean)
    IS_VOID = Column("is_void", pl.Boolean)
    IS_LATE = Column("is_late", pl.Boolean)
    IS_OLD_NOTICE = Column("is_old_notice", pl.Boolean)
    IS_REISSUE_UNISSUED = Column("is_reissue_unissued", pl.Boolean)


class NoticeOfKey(Frame):
    """キーの指す納付書: its index among the candidates, and whether it was in force on 領収日."""

    NOTICE_INDEX = Column("notice_index", pl.UInt32)
    IS_IN_FORCE = Column("is_in_force", pl.Boolean)


class Repeat(Frame):
    """再受信と内容相違: the record that this one repeats or contradicts (`first_no`, else itself); its occurrence."""

    OCCURRENCE_NO = Payment.OCCURRENCE_NO
    FIRST_NO = Column("first_no", pl.Int64)
    IS_REPEAT = Column("is_repeat", pl.Boolean)
    IS_CONFLICT = Column("is_conflict", pl.Boolean)


class InOrder(Repeat):
    """段階の順序: whether a record may follow the earlier records of its event.

    `confirmed_no` is the 確報 that a 取消 follows. `is_taken_back` is true of a 速報 that a 取消 follows. `is_doubtful`
    is true where people decide what a 確報 means, or where the result of a debit has not come.
    """

    CONFIRMED_NO = Column("confirmed_no", pl.Int64)
    IS_OUT_OF_ORDER = Column("is_out_of_order", pl.Boolean)
    IS_TAKEN_BACK = Column("is_taken_back", pl.Boolean)
    IS_CONFIRMED = Column("is_confirmed", pl.Boolean)
    IS_DOUBTFUL = Column("is_doubtful", pl.Boolean)


class ClaimLine(Frame):
    """収納と調定の行: what a claim takes of a payment whose notice pays it, alone or with other claims.

    `is_whole`: these are the instalments of a 全期 notice. `is_short`: the payment is less than a notice for several
    claims asks, and `is_excluded` that none of them takes anything of it.
    """

    IS_WHOLE = Column("is_whole", pl.Boolean)
    SHARE_YEN = Column("share_yen", pl.Int64)
    IS_SHORT = Column("is_short", pl.Boolean)
    IS_TOUCHED_WHOLE = Column("is_touched_whole", pl.Boolean)
    IS_EXCLUDED = Column("is_excluded", pl.Boolean)
    LEFT_YEN = Column("left_yen", pl.Int64)
    IS_SECOND_HERE = Column("is_second_here", pl.Boolean)
    CLAIM_PART_YEN = Column("claim_part_yen", pl.Int64)
