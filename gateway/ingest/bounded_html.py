"""Make a stranger's HTML safe to show without holding up the others: short ones here, long ones in a child."""

from gateway.ingest.bounded import Overrun, bounded
from gateway.ingest.html_shown import INLINE_HTML, shown_html


async def shown_in_time(html: str) -> str:
    """`shown_html(html)`; empty for one that no child survives (M17), as for one that is too much."""
    if len(html) <= INLINE_HTML:
        return shown_html(html)
    try:
        (shown,) = await bounded("shown_html", html.encode("utf-8", "replace"))
    except Overrun:
        return ""
    return shown.decode()
