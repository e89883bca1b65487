"""The text of an HTML body: lines where blocks are, nothing of scripts and styles."""

import re
from collections import Counter
from html import unescape

from selectolax.lexbor import LexborHTMLParser

MAX_HTML = 1_000_000
# A browser nests no deeper, and the tree's cost grows with the square of it (M17).
MAX_DEPTH = 400

BREAK = "\x1e"  # stands for a line's end while the source's own spacing is folded
_DROPPED = ["script", "style", "head", "title", "template", "noscript", "svg", "iframe", "object"]
_BLOCKS = (
    "p,div,tr,li,ul,ol,table,blockquote,pre,h1,h2,h3,h4,h5,h6,hr,section,article,header,footer,dt,dd"
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)")
_ANY_TAG = re.compile(r"<[^<>]*+>")
_LINE_TAG = re.compile(r"</?(?:br|p|div|tr|li|h[1-6]|blockquote|table)\b[^<>]*+>", re.IGNORECASE)
_INVISIBLE = re.compile(r"<(script|style|head|title)\b[^<>]*+>[^<]*+(?:<(?!/\1)[^<]*+)*", re.IGNORECASE)
_UNNESTED = frozenset(
    ["br", "hr", "img", "meta", "link", "input", "col", "area", "base", "wbr", "source", "param", "embed"]
)
_SPACES = re.compile(r"[ \t\n\r\f\xa0]+")
_LINES = re.compile(rf" *{BREAK}[ {BREAK}]*")


def html_to_text(html: str) -> str:
    """The text as a reader sees it; markup nested beyond reason is only stripped of its tags (M17)."""
    html = html[:MAX_HTML].replace(BREAK, "")
    if nesting(html) > MAX_DEPTH:
        return _stripped(html)
    return text_of(LexborHTMLParser(html))


def text_of(tree: LexborHTMLParser) -> str:
    """The text of a parsed page, whose tree is used up by this."""
    if tree.body is None:
        return ""
    tree.strip_tags(_DROPPED)
    for node in tree.css("br"):
        node.replace_with(BREAK)
    for node in tree.css(_BLOCKS):
        node.insert_before(BREAK)
        node.insert_after(BREAK)
    for node in tree.css("td,th"):
        node.insert_after(" ")
    return _folded(tree.body.text(deep=True, separator=""))


def _stripped(html: str) -> str:
    lines = _LINE_TAG.sub(BREAK, _INVISIBLE.sub(" ", html))
    return _folded(unescape(_ANY_TAG.sub(" ", lines)))


def _folded(text: str) -> str:
    """One space for many, one line's end for several in a row, an empty line for more than two."""
    text = _SPACES.sub(" ", text)
    lines = _LINES.sub(lambda run: "\n\n" if run.group().count(BREAK) > 2 else "\n", text)
    return lines.replace("\n ", "\n").strip()


def nesting(html: str) -> int:
    """An upper bound of how deep elements nest, counted without building the tree."""
    unclosed: Counter[str] = Counter()
    depth = deepest = 0
    for match in _TAG.finditer(html):
        name = match.group(2).lower()
        if not match.group(1):
            if name not in _UNNESTED:
                unclosed[name] += 1
                depth += 1
                deepest = max(deepest, depth)
        elif unclosed[name] > 0:
            # A closing tag of another name closes nothing, as in `<div></p><div></p>`.
            unclosed[name] -= 1
            depth -= 1
    return deepest
