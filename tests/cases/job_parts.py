"""Parts of a job (ジョブの項): what a city's job says beside the builders' own, to be put after it."""

MONEY = """
[[money]]
path = "money"
specs = ["bank_credit_01_a", "bank_credit_01_b", "bank_statement_03", "money_by_hand_csv"]
"""
"""An inbox for money (入金データ)."""

CONTRACT = """
[[settlement]]
name = "地方税共同機構"
specs = ["eltax_payment_csv"]
senders = ["チホウゼイキヨウドウ"]
days = 3
"""
"""A contract (収納代行の契約): whose money, and how long it may take."""

SENDER = "ﾁﾎｳｾﾞｲｷﾖｳﾄﾞｳｷｺｳ"
"""How the bank writes the sender of that contract."""

ARRIVAL = '\n[[arrival]]\nname = "eLTAX 確報"\nspecs = ["eltax_payment_csv"]\nsince = 2026-11-20\nuntil = 2026-11-20\n'
"""An expected file (到着予定) of one day."""

PRINT = "\n[print]\npages = 2\n"
"""Files of two pages at most (印刷)."""

CLAIMS = """
[[claims]]
path = "claims"
specs = ["claim_csv", "reminder_status_csv"]
"""
"""An inbox for claim files (調定データ) and for reasons not to remind (督促の状況)."""
ACCOUNTING = '\n[accounting]\nby = "received_on"\n'
"""Counted by 収入日 (数える日)."""

SLIPS = """
[[inbox]]
path = "slips"
specs = ["payment_by_hand_csv"]
"""
"""An inbox for slips typed by hand (手で打った領収済通知書)."""
