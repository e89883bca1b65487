"""What of a stranger's HTML may be shown: tags, attributes, styles and addresses; allow-lists alone."""

import re
from urllib.parse import quote, urlsplit

TAGS = frozenset(
    """a abbr address b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn div dl dt em font h1
    h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strike strong sub sup table tbody td tfoot th
    thead time tr tt u ul var wbr""".split()
)
# Dropped with all they hold; of every other tag the text stays.
DROPPED = frozenset(
    """applet audio base canvas datalist embed frame frameset head iframe link math meta noembed noframes noscript object
    picture plaintext script select style svg template textarea title video xmp""".split()
)
ATTRIBUTES = {
    "*": {"align", "bgcolor", "color", "dir", "height", "lang", "style", "title", "valign", "width"},
    "a": {"href"},
    "img": {"alt", "src", "border", "hspace", "vspace"},
    "font": {"face", "size"},
    "hr": {"size", "noshade"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "li": {"value", "type"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "nowrap", "scope"},
    "col": {"span"},
    "colgroup": {"span"},
}
SCHEMES = {"http", "https", "mailto", "tel", "cid"}
# Stands before the address of an image that waits to be asked for, until `shown_html` renames its attribute.
REMOTE = "\ue000"

_STYLES = re.compile(
    r"(?:color|background(?:-color)?|font(?:-(?:family|size|style|weight|variant))?|text-(?:align|decoration|indent|transform)"
    r"|line-height|letter-spacing|white-space|word-(?:break|wrap|spacing)|overflow-wrap|vertical-align|direction"
    r"|(?:max-|min-)?(?:width|height)|list-style(?:-type)?|table-layout"
    r"|(?:margin|padding)(?:-(?:top|right|bottom|left))?"
    r"|border(?:-(?:top|right|bottom|left))?(?:-(?:color|style|width|radius))?|border-(?:collapse|spacing))"
)
# No functions but of colours, no escapes, comments or negative lengths: nothing that loads, moves or hides.
_STYLE_VALUE = re.compile(
    r"(?:[\w#%.,!'\"\s]|(?<=[\w])-(?=[a-z])|(?<![\w])-(?=[a-z])|rgba?\([\d\s.,%/]{1,40}\)|hsla?\([\d\s.,%/a-z]{1,40}\)){1,200}",
    re.IGNORECASE,
)
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\xad\u061c\u115f\u1160\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff9-\uffff]")
_SIZE = re.compile(r"[0-9]{1,5}(?:\.[0-9]{1,3})?%?|\*", re.ASCII)
_WORDS = re.compile(r"[\w#%.,'\" -]{0,80}")
_CONTENT_ID = re.compile(r"cid:[^\s\"'<>()\\]{1,250}", re.IGNORECASE)
_MAX_URL = 2_000


def allowed_attribute(_tag: str, name: str, value: str) -> str | None:
    """The value of an attribute as it may be shown, None for away with it."""
    if name == "style":
        return _style(value) or None
    if name == "href":
        return link(value)
    if name == "src":
        return _image(value)
    if name in ("alt", "title"):
        return value[:500]
    if name in ("width", "height"):
        return value if _SIZE.fullmatch(value.strip()) else None
    if name in ("rel", "target"):
        return value
    return value if _WORDS.fullmatch(value) else None


def link(url: str) -> str | None:
    """A link with its true host in ASCII (H08), or None where it leads to a script, to us, or nowhere.

    What browsers overlook is taken out before the scheme is read, so `jav   ascript:` has none that is allowed.
    """
    plain = _UNSEEN.sub("", url)
    scheme, colon, rest = plain.partition(":")
    if not colon or len(plain) > _MAX_URL or "\\" in plain:
        return None
    if scheme.lower() in ("mailto", "tel"):
        return f"{scheme.lower()}:{quote(rest, safe='@+.,;:?&=%/~_-()!$*')}"
    if scheme.lower() not in ("http", "https") or not rest.startswith("//"):
        return None
    return _web_address(plain)


def _web_address(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        # Whoever reads takes what stands before an @ for the host.
        host = (parts.hostname or "").encode("idna").decode("ascii") if parts.hostname else ""
        port = f":{parts.port}" if parts.port else ""
    except (ValueError, UnicodeError):
        return None
    if not host or any(each in host for each in "<>\"'()`{}|^%"):
        return None
    host = f"[{host}]" if ":" in host else host
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~_.-")
    query = f"?{quote(parts.query, safe='/?%:@!$&()*+,;=~_.-[]')}" if parts.query else ""
    fragment = f"#{quote(parts.fragment, safe='/?%:@!$&()*+,;=~_.-')}" if parts.fragment else ""
    return f"{parts.scheme}://{host}{port}{path}{query}{fragment}"


def _image(url: str) -> str | None:
    """`cid:` as it is; an address marked as remote, for an image that loads tells who reads and when."""
    plain = _UNSEEN.sub("", url)
    if _CONTENT_ID.fullmatch(plain):
        return f"cid:{plain[4:]}"
    if plain.lower().startswith(("http://", "https://")) and (address := link(plain)):
        return REMOTE + address
    return None


def _style(text: str) -> str:
    kept = []
    for declaration in text[:4_000].split(";")[:60]:
        name, colon, value = declaration.partition(":")
        name, value = name.strip().lower(), value.strip()
        if colon and value and _STYLES.fullmatch(name) and _STYLE_VALUE.fullmatch(value):
            kept.append(f"{name}:{value}")
    return ";".join(kept)
