"""The trend (推移) as this morning's page shows it."""

import re
from datetime import date

from tests.builders import City


def trend(city: City, day: date) -> list[tuple[str, str]]:
    """(夜, 要確認の残) as the page tells them."""
    page = (city.drawn(day) / "index.html").read_text(encoding="utf-8")
    return re.findall(r'<tr><th scope="row">([-\d]+)</th>(?:<td class="n">[^<]*</td>){2}<td class="n">(\d+)</td>', page)
