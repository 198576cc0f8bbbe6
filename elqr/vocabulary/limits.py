"""Limits (上限): how much is read, listed and shown. Anything beyond is refused or reported, never silently cut."""

from typing import NamedTuple


class Limit(NamedTuple):
    """上限: of what, how much, and what happens beyond it."""

    what: str
    most: int
    unit: str
    beyond: str


WRITTEN = Limit("人が書くファイル（ジョブ、手続台帳、様式、版下、祝日の表、鍵、URL）", 4_000_000, "バイト", "断る")
BY_ELQR = Limit("elqr が書いた JSON（目録、台帳の印、実行の記録、申請）", 130_000_000, "バイト", "断る")
NAMED = Limit("コマンドで名指すファイル", 2_000_000_000, "バイト", "断る")
WHOLE = Limit(
    "一度に全体を読むファイル（`elqr file`・`elqr spec`、納付書データ、入金データ、少しずつ読めない形の収納データ）",
    130_000_000,
    "バイト",
    "断る。届いたものは取込保留（F112）",
)
LINE = Limit("CSV の一行", 1_000_000, "バイト", "取込保留（F104）")
CELLS = Limit("一度に全体を読む CSV の項目", 20_000_000, "個", "取込保留（F112）")
DELIVERED = Limit("届くファイル（`[thresholds] file_megabytes` で変えられる）", 2_000, "MB", "取込保留（F112）")
_BOOK = "断る。納付書データなら取込保留（F119）"
BOOK_UNPACKED = Limit("Excel のブックを開いた大きさ", 500_000_000, "バイト", _BOOK)
BOOK_CELLS = Limit("Excel のブックの一つのシートの広さ（A1 から端のセルまで）", 20_000_000, "セル", _BOOK)
PICTURE = Limit("画像ファイル", 200_000_000, "バイト", "断る")
PIXELS = Limit("一つの画像ファイルの点", 150_000_000, "点", "断る（A4 の 1200 dpi は 1.4億点、300 dpi は 870万点）")
PICTURE_PAGES = Limit("一つの TIFF のページ", 100, "ページ", "断る")
PICTURE_SECONDS = Limit("一つの画像ファイルを読む時間（CPUの。時計では 5 倍）", 60, "秒", "断る")
PICTURE_MEMORY = Limit("画像を読むプロセスのメモリ（Windows では見張らない）", 2_000_000_000, "バイト", "断る")
MARK = Limit("版下に置く図のファイル", 20_000_000, "バイト", "断る")
MARK_PIXELS = Limit("版下に置く図の点", 25_000_000, "点", "断る")
FINDINGS = Limit("一つのファイルの同じ指摘", 1_000, "件", "数だけを示す")
ON_PAGE = Limit("朝の一枚に並べる要確認", 2_000, "件", "帳票とブックにあると示す")
ON_PAGE_PER_PLACE = Limit("朝の一枚に並べる、行き先ごとの今夜の収納", 500, "件", "帳票とブックにあると示す")
ORIGINAL_CSV = Limit("朝の一枚のために読み返すCSV", 32, "MB", "原データを示さず、そう書く")
IN_BOOK = Limit("ブックのシートに並べる消込結果", 50_000, "件", "一致・速報・計上済を除き、全件はCSVにあると書く")
WAITING = Limit("夜の帳票とブックに並べる、前の夜からの要確認", 2_000, "件", "受付の古い順に並べ、残りは合計だけ")
IN_MONEY_LINE = Limit("払込突合の内訳に並べる、一行の収納と入金", 10_000, "件", "数だけを示す")

PIECE_BYTES = 16_000_000
"""一度に読む大きさ: a larger delivered file is read in pieces of this size. No file is refused for this alone."""

HEAD_BYTES = 100_000
"""頭の大きさ: how much is read of a file whose format is recognized by its beginning."""

IN_HAND_PAYMENTS = 1_000_000
"""手元に置く収納: payments of one file that stay in memory. Those of a larger file are read back for matching."""

LIMITS = (
    WRITTEN,
    BY_ELQR,
    NAMED,
    WHOLE,
    LINE,
    CELLS,
    DELIVERED,
    BOOK_UNPACKED,
    BOOK_CELLS,
    PICTURE,
    PIXELS,
    PICTURE_PAGES,
    PICTURE_SECONDS,
    PICTURE_MEMORY,
    MARK,
    MARK_PIXELS,
    FINDINGS,
    ON_PAGE,
    ON_PAGE_PER_PLACE,
    ORIGINAL_CSV,
    IN_BOOK,
    WAITING,
    IN_MONEY_LINE,
)
