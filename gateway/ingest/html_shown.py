"""A stranger's HTML made safe to show: what the allow-lists know, nothing that runs, loads or leads astray."""

import re

import nh3

from gateway.ingest.html_rules import ATTRIBUTES, DROPPED, REMOTE, SCHEMES, TAGS, allowed_attribute
from gateway.ingest.html_text import MAX_DEPTH, nesting

MAX_HTML = 256 * 1024
# Up to here cleaning costs some milliseconds at most, else a thread's turn is due.
INLINE_HTML = 32 * 1024
REMOTE_ATTRIBUTE = "data-remote-src"

_IMAGE = re.compile(r'<img((?: [a-z-]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_TINY = re.compile(r"0*[0-2](?:px)?", re.ASCII)
_TINY_STYLE = re.compile(r"(?:^|;)(?:max-)?(?:width|height):\s*0*[0-2](?:\.[0-9]+)?(?:px|pt)?(?:;|$)")

_cleaner = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags=set(DROPPED),
    attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
    attribute_filter=allowed_attribute,
    strip_comments=True,
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
    url_schemes=set(SCHEMES),
)


def shown_html(html: str) -> str:
    """`html` with nothing in it but what may be shown (H01, H04, H05, H08); empty where it is too much.

    Images from elsewhere keep their address in `data-remote-src`, so that nothing loads until a
    reader asks; `cid:` stays. More than 256 KiB or 400 levels make no page: the text is there.
    """
    html = html.replace("\x00", "").replace(REMOTE, "")
    if "<" not in html or len(html) > MAX_HTML or nesting(html) > MAX_DEPTH:
        return ""
    clean = _cleaner.clean(html)
    # Torn markup is mended, and mending can multiply it.
    return _IMAGE.sub(_image, clean).strip() if len(clean) <= 2 * MAX_HTML else ""


def _image(tag: re.Match[str]) -> str:
    """The image under the attribute that does not load; none for one that only counts readers."""
    attributes = dict(_ATTRIBUTE.findall(tag.group(1)))
    source = attributes.pop("src", "")
    if not source.startswith(REMOTE):
        return tag.group() if source else attributes.get("alt", "")
    sizes = [attributes.get(name, "") for name in ("width", "height")]
    if any(_TINY.fullmatch(size) for size in sizes) or _TINY_STYLE.search(attributes.get("style", "")):
        return ""
    attributes[REMOTE_ATTRIBUTE] = source.removeprefix(REMOTE)
    return "<img" + "".join(f' {name}="{value}"' for name, value in attributes.items()) + ">"
