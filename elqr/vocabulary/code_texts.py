"""What finding codes say (指摘の言葉): the severity of each, its heading, and what to do about it."""

from elqr.vocabulary.code_text import CodeText
from elqr.vocabulary.codes import Code
from elqr.vocabulary.debit_texts import DEBIT_CODES
from elqr.vocabulary.review_texts import REVIEW_CODES
from elqr.vocabulary.terms import Severity

_LOW, _MID, _HIGH = Severity.LOW, Severity.MEDIUM, Severity.HIGH
_ASK = "送付元に正しいファイルの再送を依頼してください。"
_FIX_ROW = "基幹システム側でこの行を直し、もう一度取り込んでください。"
_FIX_OTHER = "指摘のある行を基幹システム側で直し、一枚のすべての行をもう一度取り込んでください。"
_ADD_CLAIM = "この調定のある調定データを受信箱に入れてください。受信箱にある納付書データは、毎夜もう一度読みます。"
_FIX_FILE = "基幹システム側で直したファイルを受信箱に入れ直してください。直るまで、このファイルの調定は取り込みません。"
_REPLACE = "取り込んでいません。受信箱から除くか、直したファイル（発行連番を増やした行）に置き換えてください。"
_COUNT_UP = "取り消したままです。納めてもらうなら、発行連番を増やした行で再発行してください。"
_AS_TEXT = "ファイルでその列の書式を「文字列」にし、元の番号を打ち直して保存し、もう一度取り込んでください。"
_TYPE_AGAIN = (
    "ファイルで正しい字を打ち直し、.xlsx か UTF-8 の CSV で保存して（ふつうの CSV には書けない字があります）、"
    "もう一度取り込んでください。"
)
_STOP = "このページを発送しないでください。版下と書体を直し、もう一度印刷してください。"
_PULL = "発送しないでください。印刷済みなら、そのページを抜き取ってください。"
_CONFIRM = "elqr batch request と elqr batch approve（別の人）で確かめ、受信箱に置いてください。次の夜に取り込みます。"
_DAMAGED = "台帳を書き換えた人や道具がないか調べ、控えから戻してください。"
_PAYLOAD = "コードを読み直し、それでも同じなら発行元のデータを確認してください。"

CODES: dict[Code, CodeText] = {
    Code.EMPTY: CodeText(_HIGH, "ファイルが空です", _ASK),
    Code.FORMAT_UNKNOWN: CodeText(
        _HIGH,
        "形式がわかりません",
        "送付元と形式を確かめ、specs/ に合う様式があるか elqr spec list で確認してください。",
    ),
    Code.FORMAT_AMBIGUOUS: CodeText(
        _HIGH,
        "複数の様式に当てはまります",
        "ジョブの [[inbox]] の specs に、この受信箱で使う様式を一つだけ書いてください。",
    ),
    Code.RECORD_LENGTH: CodeText(_HIGH, "レコードの長さが違います", _ASK),
    Code.RECORD_KIND: CodeText(_HIGH, "レコード区分が様式にありません", _ASK),
    Code.RECORD_ORDER: CodeText(_HIGH, "レコードの並びが違います", _ASK),
    Code.CHARSET: CodeText(_HIGH, "文字コードが違います", "送付元に文字コードを確かめ、再送を依頼してください。"),
    Code.COLUMN_COUNT: CodeText(_HIGH, "項目の数が違います", _ASK),
    Code.HEADER_ROW: CodeText(
        _HIGH, "見出し行が違います", "項目の並びと名前を様式（elqr spec show）に合わせてください。"
    ),
    Code.SENDER_ERROR: CodeText(
        _HIGH,
        "送付元がエラーを返しています（データではありません）",
        "送付元のサービスの状態を確かめ、取得し直してください。",
    ),
    Code.NOT_A_FILE: CodeText(
        _HIGH, "通常のファイルではありません", "受信箱には受信したファイルだけを置いてください。"
    ),
    Code.TOO_LARGE: CodeText(
        _HIGH, "ファイルが大きすぎます", "送付元に分割を依頼するか、ジョブの上限を見直してください。"
    ),
    Code.LINE_END: CodeText(
        _HIGH,
        "改行が様式と違います",
        "送付元に確かめ、その改行で正しければ様式の line_ends に足してください。混在なら再送を依頼してください。",
    ),
    Code.VARIATION: CodeText(
        _HIGH,
        "様式が認めていない形です",
        "送付元に確かめ、その形でよければ様式の accepts に足し、そうでなければ再送を依頼してください。",
    ),
    Code.GROUP_TWICE: CodeText(
        _HIGH,
        "同じ内容の組が一つのファイルに二度あります",
        "二重に計上しないよう止めました。送付元に、重なりのないファイルの再送を依頼してください。",
    ),
    Code.CHARSET_KIND: CodeText(
        _HIGH,
        "コード区分が実際の文字コードと違います",
        "送付元に確かめ、そのままでよければ様式の accepts に charset_kind_differs を足してください。",
    ),
    Code.FOREIGN: CodeText(
        _HIGH,
        "受け取るファイルではありません",
        "「実際」の文をそのまま送付元に伝えてください。置く受信箱を間違えたなら、正しい受信箱に入れ直してください。",
    ),
    Code.UNCONFIRMED: CodeText(_HIGH, "手で打った束が、取り込まれていません", _CONFIRM),
    Code.BOOK_UNFIT: CodeText(
        _HIGH,
        "このままでは読めないブックです",
        "「正」のとおりに Excel で直して .xlsx で保存し、受信箱に入れ直してください。",
    ),
    Code.NOT_DIGITS: CodeText(_HIGH, "数字ではありません", _ASK),
    Code.NOT_A_DATE: CodeText(_HIGH, "日付として正しくありません", _ASK),
    Code.NOT_IN_LIST: CodeText(_HIGH, "決められた値ではありません", _ASK),
    Code.NOT_THE_CONSTANT: CodeText(_HIGH, "固定値と違います", _ASK),
    Code.NOT_TEXT: CodeText(_HIGH, "文字として読めません", _ASK),
    Code.CHECK_DIGIT: CodeText(_HIGH, "チェックデジットが合いません", _ASK),
    Code.BLANK: CodeText(_HIGH, "必須の項目が空です", _ASK),
    Code.FUTURE_DATE: CodeText(
        _HIGH, "処理日より後の日付です", "処理日（--date）が正しいか確かめ、正しければ送付元に照会してください。"
    ),
    Code.NOT_A_TIME: CodeText(_HIGH, "時刻として正しくありません", _ASK),
    Code.TOO_LONG: CodeText(_HIGH, "決められた長さを超えています", _ASK),
    Code.DATE_IN_DOUBT: CodeText(
        _HIGH,
        "日付が一つに決まりません（年か元号が書かれていない）",
        "処理日（--date）が受け取った日か確かめ、正しければ送付元に年を確認してください。",
    ),
    Code.CONTROL_COUNT: CodeText(_HIGH, "件数の合計が合いません", _ASK),
    Code.CONTROL_YEN: CodeText(_HIGH, "金額の合計が合いません", _ASK),
    Code.CONTROL_ADDS_UP: CodeText(_HIGH, "合計の内訳が合いません", _ASK),
    Code.AMOUNTS_DIFFER: CodeText(_HIGH, "同じ額を書く二つの項目が違います", _ASK),
    Code.FILE_MISSING: CodeText(
        _HIGH,
        "届くはずのファイルが届いていません",
        "送付元と受信の仕組みを確かめてください。来ない日だったなら、ジョブの [[arrival]] の skipped に書きます。",
    ),
    Code.FILES_SHORT: CodeText(_HIGH, "届いたファイルの数が足りません", "送付元に残りの送付を依頼してください。"),
    Code.FILE_SEQUENCE: CodeText(
        _HIGH, "ファイルの連番が続いていません", "抜けた番号のファイルがないか、送付元に確かめてください。"
    ),
    Code.HOLIDAYS_END: CodeText(
        _MID,
        "祝日の表がまもなく終わります",
        "次の年の祝日を足した表を、ジョブの [calendar] holidays に指定してください。",
    ),
    Code.POSTED_CONFLICT: CodeText(
        _HIGH,
        "計上済の収納と内容が違う記録が届きました",
        "先の計上は変えず、この収納は仮受に置きました。どちらが正しいか送付元に照会し、決裁で訂正か取消にしてください。",
    ),
    Code.UNMATCHED_RATE: CodeText(
        _HIGH,
        "該当なしの割合が上限を超えています",
        "キーの様式が変わっていないか、納付書データの取込が漏れていないかを確認してください。",
    ),
    Code.UNMATCHED_JUMP: CodeText(
        _HIGH,
        "該当なしの割合がこれまでの夜より急に上がりました",
        "送付元がキーの様式を変えていないか、納付書データの取込が漏れていないかを確認してください。",
    ),
    Code.BACKLOG: CodeText(
        _MID,
        "決裁されないまま日数の過ぎた要確認があります",
        "古いものから決裁してください（elqr review export）。日数はジョブの [thresholds] backlog_days です。",
    ),
    Code.FILE_REPEATED: CodeText(
        _HIGH,
        "前のファイルの収納が、別の日付でもう一度届きました",
        "お金が二度動いたのか、日付だけを直した再送なのかを送付元に照会し、返事があるまで還付を決めないでください。",
    ),
    Code.REDUCED: CodeText(
        _MID,
        "納めたあとで納付書が取消・減額され、納め過ぎになりました",
        "要確認の「減額による過納」から、還付候補か、ほかの納付書への充当を決裁してください。",
    ),
    Code.CHAIN_BROKEN: CodeText(_HIGH, "実行の記録の連鎖が切れています", _DAMAGED),
    Code.RUN_DIFFERS: CodeText(_HIGH, "実行の記録と台帳の件数・金額が合いません", _DAMAGED),
    Code.RAW_LOST: CodeText(
        _HIGH, "保管した受信ファイルがありません", "保管庫（[store] archive）を控えから戻し、もう一度確かめてください。"
    ),
    Code.RAW_DIFFERS: CodeText(
        _HIGH,
        "保管した受信ファイルが受信したときと違います",
        "保管庫（[store] archive）を控えから戻し、誰が書き換えたか調べてください。",
    ),
    Code.RECORD_DIFFERS: CodeText(
        _HIGH,
        "台帳の収納が受信ファイルの記録と違います",
        f"様式をそのあとで変えたのでなければ、{_DAMAGED}",
    ),
    Code.FILE_TOTALS: CodeText(_HIGH, "ファイルの件数・金額が収納の合計と合いません", _DAMAGED),
    Code.DECISION_DIFFERS: CodeText(_HIGH, "消込結果が収納と合いません", _DAMAGED),
    Code.ENTRY_DIFFERS: CodeText(_HIGH, "調定異動が納付書と合いません", _DAMAGED),
    Code.POSTING_DIFFERS: CodeText(_HIGH, "仕訳が消込結果と合いません", _DAMAGED),
    Code.RULING_DIFFERS: CodeText(_HIGH, "仕訳が決裁と合いません", _DAMAGED),
    Code.NOTICE_DIFFERS: CodeText(_HIGH, "納付書が受信した納付書データと違います", _DAMAGED),
    Code.PAYLOAD_DIFFERS: CodeText(_HIGH, "eL-QRの中身が納付書と違います", _DAMAGED),
    Code.LEDGER_STRUCTURE: CodeText(_HIGH, "台帳の作りが壊れています", _DAMAGED),
    Code.OUTPUT_DIFFERS: CodeText(
        _MID, "書き出したファイルが台帳の控えと違います", "書き換えていない控えから戻してください。"
    ),
    Code.MONTH_DIFFERS: CodeText(_HIGH, "締めた月の数字が締めたときと違います", _DAMAGED),
    Code.SETTLEMENT_DIFFERS: CodeText(_HIGH, "突合の記録が収納と入金に合いません", _DAMAGED),
    Code.TALLY_DIFFERS: CodeText(_HIGH, "累計が発行と仕訳の合計と違います", _DAMAGED),
    Code.ROWS_DIFFER: CodeText(_HIGH, "台帳の行が実行の記録と違います", _DAMAGED),
    Code.SAME_PERSON: CodeText(
        _HIGH, "申請と承認が同じ人です", "誰が申請し誰が承認したかを調べ、別の人が中身を確かめてください。"
    ),
    Code.ANCHOR_LOST: CodeText(
        _HIGH,
        "控えた照合値の実行が台帳にありません",
        "台帳が作り直されたか、古い控えに戻されています。誰がいつ戻したか調べ、その後の夜をやり直してください。",
    ),
    Code.NOT_BACKED: CodeText(
        _HIGH,
        "実行の記録にない行に、合うものがありません",
        "保管庫・受信箱・out のファイルを動かしたなら戻してください。そうでなければ台帳が書き換えられています。"
        "誰がしたか調べ、その前の控えから戻してください（elqr ledger accept）。",
    ),
    Code.PROCEDURE_UNKNOWN: CodeText(
        _MID, "手続台帳にない手続です", "手続台帳（procedures.toml）に手続を登録してください。"
    ),
    Code.AMOUNT_NOT_POSITIVE: CodeText(_MID, "合計額が1円以上・11桁以内ではありません", _FIX_ROW),
    Code.DATES_REVERSED: CodeText(_MID, "日付の前後が逆です（支払期限が納期限より前など）", _FIX_ROW),
    Code.NOTICE_CHANGED: CodeText(
        _HIGH,
        "登録済の納付書と内容が違います",
        "登録済の納付書は変えられません。発行連番を増やして再発行するか、取消の行を送ってください。",
    ),
    Code.KEY_TAKEN: CodeText(_HIGH, "照会キーが別の調定の納付書で使われています", _FIX_ROW),
    Code.BARCODE_DIFFERS: CodeText(_HIGH, "バーコードと納付書の内容が違います", _FIX_ROW),
    Code.NOTICE_TWICE: CodeText(_MID, "同じ納付書がファイルの中に二度あります", _FIX_ROW),
    Code.WHOLE_YEAR_SUM: CodeText(
        _MID, "全期の額が各期の合計と合いません", "各期の行と全期の行を同じファイルで送り、額を合わせてください。"
    ),
    Code.CANCEL_TARGET: CodeText(_MID, "取り消す納付書が登録されていません", _FIX_ROW),
    Code.ISSUE_NO_ORDER: CodeText(
        _MID, "発行連番が登録済の納付書より古い番号です", "再発行は、登録済より大きい発行連番で送ってください。"
    ),
    Code.KEY_INCOMPLETE: CodeText(_MID, "案件特定キーと確認番号は両方そろえてください", _FIX_ROW),
    Code.YEAR_RANGE: CodeText(_MID, "年度が範囲の外です", _FIX_ROW),
    Code.CHANGE_UNSAID: CodeText(
        _MID,
        "再発行の額が前の納付書と違います",
        "調定が変わったのなら、異動事由の列に 増額更正 か 減額更正 と書いてください。"
        "一部だけを納める納付書なら、納付種別の列に 分納・延滞金・督促 のどれかを書いてください。",
    ),
    Code.CHANGE_CONTRADICTS: CodeText(_MID, "納付種別・異動事由が行と合いません", _FIX_ROW),
    Code.ASKS_BEYOND: CodeText(_MID, "調定にない額を求める納付書です", _FIX_ROW),
    Code.CLAIM_UNFILED: CodeText(_MID, "調定データにない調定の納付書です", _ADD_CLAIM),
    Code.CLAIM_TWICE: CodeText(_HIGH, "一つの調定データに同じ調定が二行あります", _FIX_FILE),
    Code.CLAIM_SOURCE: CodeText(
        _HIGH,
        "調定データで受ける手続ではありません",
        '手続台帳のこの手続に claims = "file" と書くか、調定データから除いてください。',
    ),
    Code.WRITTEN_OFF_BEYOND: CodeText(_HIGH, "不納欠損が調定額と合いません", _FIX_FILE),
    Code.CLAIM_STATES_DIFFER: CodeText(_HIGH, "操作日時が同じで、前の行と中身が違います", _FIX_FILE),
    Code.JOINT_ROWS_DIFFER: CodeText(_MID, "複数の調定を一枚で納める納付書の行が合いません", _FIX_ROW),
    Code.JOINT_ROW_REFUSED: CodeText(_MID, "同じ納付書のほかの行に指摘があります", _FIX_OTHER),
    Code.NOTICE_FILE_RETRACTED: CodeText(_HIGH, "取り消した納付書データがまた届きました", _REPLACE),
    Code.REISSUE_OF_NOTHING: CodeText(
        _MID,
        "再発行のような番号の、初めての納付書です",
        "行は取り込みました。通知書番号が近い調定の再発行のまちがいなら、この行を取消の行（異動区分 9）で取り消し、"
        "正しい通知書番号で送り直してください。まちがいでなければ、することはありません。",
    ),
    Code.DIGITS_LOST: CodeText(_MID, "番号が Excel で変わったようです", _AS_TEXT),
    Code.TEXT_LOST: CodeText(_MID, "元の文字が失われています", _TYPE_AGAIN),
    Code.CANCELLED_AGAIN: CodeText(_MID, "取り消した納付書の行がまた届きました", _COUNT_UP),
    Code.MONEY_DIFFERS: CodeText(
        _HIGH,
        "入金の額が確報の収納の合計と違います",
        "払込突合の内訳で差額と同じ額の収納を探し、契約の手数料を確かめて、送付元に照会してください。",
    ),
    Code.MONEY_LACKING: CodeText(
        _HIGH,
        "期限を過ぎても入金がありません",
        "口座と入金データの受信漏れを確かめ、送付元に払込を照会してください。",
    ),
    Code.PAYMENTS_LACKING: CodeText(
        _HIGH,
        "入金に見合う収納データがありません",
        "収納データの受信漏れがないか確かめ、送付元に再送を依頼してください。届くまで督促を出さないでください。",
    ),
    Code.CONFIRMATION_OVERDUE: CodeText(
        _HIGH,
        "期限を過ぎても速報の確報が届きません",
        "速報確報突合の一覧を送付元に示し、確報か取消の送付を依頼してください。来ないとわかれば、要確認の決裁「確認のみ」で閉じます。",
    ),
    Code.PRELIMINARY_LACKING: CodeText(
        _MID, "速報のない確報です", "速報のファイルの受信漏れがないか、送付元に確かめてください。"
    ),
    Code.FUNDS_DAY_LACKING: CodeText(
        _MID,
        "資金化日がわからない確報です",
        "送付元に確かめるか、ジョブの [[settlement]] に funds_days（領収日から何営業日か）を書いてください。",
    ),
    Code.CONTRACT_LACKING: CodeText(
        _MID,
        "どの契約にも当てはまりません",
        "ジョブの [[settlement]] に契約を足してください。突合しないものは outside = true の契約にします。",
    ),
    Code.DEPOSIT_DOUBTFUL: CodeText(
        _HIGH,
        "ほかの明細と同じ入金かもしれません",
        "通帳で一件か二件か確かめてください。数えていない明細が別の入金なら、口座を書いて届け直します。"
        "一件を二件と数えていたら、手で打つ入金明細に区分「取消」の行を届けます。",
    ),
    Code.PAYLOAD_LENGTH: CodeText(_HIGH, "255桁ではありません", _PAYLOAD),
    Code.PAYLOAD_NOT_DIGITS: CodeText(_HIGH, "数字でない文字があります", _PAYLOAD),
    Code.PAYLOAD_TAG: CodeText(_HIGH, "タグの並びが違います", _PAYLOAD),
    Code.PAYLOAD_TAG_LENGTH: CodeText(_HIGH, "タグの長さが違います", _PAYLOAD),
    Code.PAYLOAD_CONSTANT: CodeText(_HIGH, "固定値が違います", _PAYLOAD),
    Code.PAYLOAD_UPPER_CHECK: CodeText(_HIGH, "MPN上段のチェックデジットが合いません", _PAYLOAD),
    Code.PAYLOAD_LOWER_CHECK: CodeText(_HIGH, "MPN下段のチェックデジットが合いません", _PAYLOAD),
    Code.PAYLOAD_CRC: CodeText(_HIGH, "CRCが合いません", _PAYLOAD),
    Code.PAYLOAD_AMOUNT: CodeText(_HIGH, "金額がタグ54とMPNで違います", _PAYLOAD),
    Code.PAYLOAD_AGENCY: CodeText(_HIGH, "機関IDがタグ27とMPNで違います", _PAYLOAD),
    Code.PAYLOAD_DATE: CodeText(_HIGH, "日付・年度として正しくありません", _PAYLOAD),
    Code.PAYLOAD_DATE_ORDER: CodeText(_MID, "支払期限が納期限より前です", _PAYLOAD),
    Code.PAYLOAD_ADDITIONAL: CodeText(
        _LOW, "付加情報がゼロではありません", "意味が公表されていない項目です。発行元に確認してください。"
    ),
    Code.PAYLOAD_OTHER: CodeText(
        _HIGH, "eL-QRではなく、ほかの支払いのQRコードです", "納付書の eL-QR を読んだか確かめ、読み直してください。"
    ),
    Code.GLYPH_LACKING: CodeText(
        _MID,
        "書体にない文字があるため印刷しませんでした",
        "その字を持つ書体を版下の fonts に書いてもう一度印刷するか、この分だけ手で作成してください。",
    ),
    Code.TEXT_OVERLONG: CodeText(
        _MID,
        "文字が枠に入らないため印刷しませんでした",
        "版下の枠（width）を広げるか、最小の大きさ（least）を下げて、もう一度印刷してください。",
    ),
    Code.PAGE_COUNT: CodeText(_HIGH, "ページの数が違います", "ファイルを消して、もう一度印刷してください。"),
    Code.PAGE_SIZE: CodeText(_HIGH, "用紙の大きさが版下と違います", _STOP),
    Code.INK_IN_MARGIN: CodeText(_HIGH, "印字できない縁に印字があります", _STOP),
    Code.CODE_MISPLACED: CodeText(_HIGH, "コードの位置・大きさ・余白が版下と違います", _STOP),
    Code.SYMBOL_UNREADABLE: CodeText(_HIGH, "eL-QRを読み取れません", _STOP),
    Code.SYMBOL_DIFFERS: CodeText(_HIGH, "eL-QRの中身が台帳と違います", _STOP),
    Code.CODE_AND_NOTICE: CodeText(
        _HIGH, "eL-QRの中身が納付書データと違います", "このページを発送せず、納付書を再発行して印刷してください。"
    ),
    Code.BAR_CODE_UNREADABLE: CodeText(_HIGH, "バーコードを読み取れません", _STOP),
    Code.BAR_CODE_DIFFERS: CodeText(_HIGH, "バーコードの中身が台帳と違います", _STOP),
    Code.TEXT_UNREADABLE: CodeText(_HIGH, "印字が版下のとおりに読めません", _STOP),
    Code.TEXT_DIFFERS: CodeText(_HIGH, "印字が台帳と違います", _STOP),
    Code.NOT_ISSUED: CodeText(
        _MID,
        "eL-QRを付けた納付書ではありません",
        "納付番号を確かめ、未発行なら elqr notice issue のあとで印刷してください。",
    ),
    Code.NOT_UPLOADED: CodeText(
        _HIGH,
        "共通納税IFSへの登録が済んでいません",
        "納付書情報を登録し、elqr notice uploaded で記録してから発送してください。",
    ),
    Code.NOTICE_CANCELLED: CodeText(_HIGH, "取消済の納付書です", _PULL),
    Code.NOTICE_PAID: CodeText(_HIGH, "収納のある納付書です", _PULL),
    Code.NOTICE_OLD: CodeText(_HIGH, "新しい納付書が発行されています", _PULL),
    Code.SCAN_UNREADABLE: CodeText(
        _MID, "画像からコードを読み取れません", "まっすぐに、明るく、300dpi以上で撮り直してください。"
    ),
    Code.SCAN_UNKNOWN: CodeText(
        _HIGH, "この印刷の目録にない納付書です", "ほかの印刷のものか、古い刷りです。混ざっていないか確かめてください。"
    ),
    Code.SENT_BEFORE: CodeText(
        _HIGH,
        "ほかの印刷で発送を承認した納付書です",
        "二度送らないよう、この印刷を破棄するか、そのページを抜き取ってください。",
    ),
    Code.SCAN_DIFFERS: CodeText(
        _HIGH, "画像のコードが目録と違います", "発送を止め、同じファイルの印刷物を調べてください。"
    ),
    Code.CHARACTER_LOST: CodeText(
        _MID,
        "元の文字が失われているため印刷しませんでした",
        "基幹システムから正しい字の納付書データを出し直して取り込み、もう一度印刷するか、この分だけ手で作成してください。",
    ),
    Code.NAME_LACKING: CodeText(
        _MID,
        "氏名が空のため印刷しませんでした",
        "基幹システムから氏名のある納付書データを出し直して取り込み、もう一度印刷するか、この分だけ手で作成してください。",
    ),
    Code.PRINT_CHANGED: CodeText(
        _HIGH, "印刷して検査したときのファイルと違います", "発送せず、このファイルを消して、もう一度印刷してください。"
    ),
    **REVIEW_CODES,
    **DEBIT_CODES,
}
