"""What a mail that is HTML alone quotes, told by its markup: the text with `>` before quoted lines."""

import re

from selectolax.lexbor import LexborHTMLParser

from gateway.ingest.html_text import BREAK, MAX_DEPTH, MAX_HTML, nesting, text_of
from gateway.ingest.reply_text import reply_text

_OPENED, _CLOSED = "\ue001", "\ue002"
# Mail programs' own marks; a plain blockquote is how people indent.
_QUOTES = "blockquote[type=cite],blockquote.gmail_quote,blockquote.protonmail_quote,blockquote#isReplyContent"
# Here begins the answered mail, and all below belongs to it.
_HEADS = (
    "div#divRplyFwdMsg,div.OutlookMessageHeader,div.yahoo_quoted,div.ms-outlook-mobile-reference-message"
    ",div#mail-editor-reference-message-container"
)
_HEAD = "-----Original Message-----"
_HINT = re.compile(
    r"type=[\"']?cite|gmail_quote|protonmail_quote|isReplyContent|divRplyFwdMsg|OutlookMessageHeader|yahoo_quoted"
    r"|reference-message",
    re.IGNORECASE,
)


def html_reply(html: str, text: str) -> str:
    """The new part of a mail whose `text` was made of `html`; marks of mail programs say more than words."""
    if not _HINT.search(html, 0, MAX_HTML):
        return reply_text(text)
    marked = _marked(html)
    reply = reply_text(marked)
    # Answers stand between what is quoted: then as it reads, without our marks.
    return reply_text(text) if "\n> " in f"\n{reply}" else reply


def _marked(html: str) -> str:
    html = html[:MAX_HTML]
    for each in (BREAK, _OPENED, _CLOSED):
        html = html.replace(each, "")
    if nesting(html) > MAX_DEPTH:
        return ""
    tree = LexborHTMLParser(html)
    for node in tree.css(_HEADS):
        node.insert_before(f"{BREAK}{_HEAD}{BREAK}")
    for node in tree.css(_QUOTES):
        node.insert_before(f"{BREAK}{_OPENED}{BREAK}")
        node.insert_after(f"{BREAK}{_CLOSED}{BREAK}")
    return "\n".join(_prefixed(text_of(tree)))


def _prefixed(text: str) -> list[str]:
    lines = []
    depth = 0
    for line in text.split("\n"):
        bare = line.strip()
        if bare in (_OPENED, _CLOSED):
            depth += 1 if bare == _OPENED else -1
        else:
            lines.append(f"> {line}" if depth > 0 else line)
    return lines
