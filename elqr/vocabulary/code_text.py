"""The text of a finding code (指摘の言葉): its severity, its heading, and what to do about it."""

from dataclasses import dataclass

from elqr.vocabulary.terms import Severity

_OF_OUR_OWN = {
    "city": "ファイルの指摘の場所を直して保存し、受信箱に入れ直してください（様式は elqr spec show で見られます）。",
    "accounting": "財務会計システムから出し直すか、ファイルの指摘の場所を直して、もう一度取り込んでください。",
    "core": "基幹システム側で直し、出し直してください。",
}


@dataclass(frozen=True, slots=True)
class CodeText:
    """指摘の言葉: 重要度, 見出し and 対処 of a code."""

    severity: Severity
    heading: str
    remedy: str

    def remedy_for(self, made_by: str) -> str:
        """対処, by who made the file. For a file of the city or its core system no sender is asked.

        Nor is the core system to mend what the city itself wrote.
        """
        if made_by in _OF_OUR_OWN and "送付元" in self.remedy:
            return _OF_OUR_OWN[made_by]
        return self.remedy.replace("基幹システム側で", "ファイルで") if made_by == "city" else self.remedy
