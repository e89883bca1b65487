"""What of a stranger's HTML is left to show (SECURITY.md H01, H04 to H08, M11, M17)."""

import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from gateway.ingest.html_rules import ATTRIBUTES, TAGS
from gateway.ingest.html_shown import MAX_HTML, shown_html
from gateway.ingest.mime import parse_mail
from tests.ingest.hostile_html import LOADS, SCRIPTS
from tests.ingest.mails import plain

CPU_SECONDS = 2
HREF = re.compile(r"(?:https?://[a-z0-9.:\[\]-]+(?:[/?#].*)?|mailto:.*|tel:.*)", re.ASCII)
NESTED = {
    "H06-divs": "<div>" * 100_000, "H06-short": "<div>" * 50_000, "bold": "<b>" * 80_000, "adoption": "<a><p></a></p>" * 18_000,
    "fonts": "<font></b>" * 26_000, "paragraphs": "<p>x" * 60_000, "tables": "<table>" * 37_000, "open": "<" * 260_000,
    "images": "<img alt=\"x" * 20_000, "remote": "<img src=https://a.example/x>" * 8_000, "entities": "&amp" * 60_000,
    "attributes": f"<p {'a=b ' * 60_000}>", "styles": f"<p style='{'color:red;' * 25_000}'>", "long-style": f"<p style='color:{'a-' * 99_000}'>",
    "urls": "<a href='http://x.example/?" + "%" * 200_000 + "'>", "hosts": "<a href='http://" + "a." * 100_000 + "'>",
    "nested-tables": "<table><tr><td>" * 130, "templates": "<template>" * 25_000, "svg": "<svg><p>" * 30_000,
}  # fmt: skip


def allowed_only(html: str) -> bool:
    """Whether a browser's parser finds nothing in `html` but what the lists allow."""
    tree = LexborHTMLParser(f"<body>{html}</body>")
    for node in tree.body.traverse():
        if node.tag in ("body", "-undef", "-text"):
            continue
        if node.tag not in TAGS:
            return False
        names = ATTRIBUTES["*"] | ATTRIBUTES.get(node.tag, set()) | {"data-remote-src", "rel", "target"}
        for name, value in node.attributes.items():
            if name not in names or (name == "href" and not HREF.fullmatch(value or "")):
                return False
            if name == "src" and not (value or "").startswith("cid:"):
                return False
            if name == "data-remote-src" and not HREF.fullmatch(value or ""):
                return False
            if name == "style" and re.search(
                r"url|expression|position|\\|/\*|@|behavio|binding", value or "", re.IGNORECASE
            ):
                return False
    return True


@pytest.mark.parametrize("html", [*SCRIPTS, *LOADS])
def test_H01_H04_nothing_is_left_but_what_the_lists_allow(html):
    shown = shown_html(f"<p>Bom dia</p>{html}")

    assert "Bom dia" in shown
    assert allowed_only(shown)


@given(
    st.lists(
        st.sampled_from(
            [*SCRIPTS, *LOADS, "<p>", "</p>", "<b>", '"', "'", ">", "<!--", "-->", "</style>", "x"]
        ),
        max_size=8,
    )
)
def test_H01_no_mixture_of_hostile_pieces_gets_through(pieces):
    assert allowed_only(shown_html("".join(pieces)))


@given(st.text(st.sampled_from("<>/=\"'`& abhimgstyle:;()\\\t\n\x00-!#x\ue000"), max_size=200))
def test_H01_no_scribble_gets_through(text):
    assert allowed_only(shown_html(text))


def test_the_allow_list_test_itself_sees_what_is_not_allowed():
    for html in (
        "<script>x</script>",
        "<p onclick=x>",
        "<a href=javascript:x>",
        "<img src=https://x.example/>",
        "<p style='a:url(x)'>",
    ):
        assert not allowed_only(html)


def test_what_people_write_stays_as_it_looked():
    html = (
        "<div dir=ltr>Bom dia, <b>nada</b> abre.<br><ul><li>um</li></ul>"
        "<table border=1><tr><td colspan=2 style='color:#1F497D;font-family:&quot;Calibri&quot;,sans-serif'>x</td></tr></table>"
        "<a href='mailto:ana@org-a.example?subject=Olá'>Ana</a> <a href='tel:+551191234'>liga</a></div>"
    )
    shown = shown_html(html)
    for piece in ('<div dir="ltr">', "<b>nada</b>", "<br>", "<ul><li>um</li></ul>", 'colspan="2"', "color:#1F497D",
                  "mailto:ana@org-a.example?subject=Ol%C3%A1", "tel:+551191234"):  # fmt: skip
        assert piece in shown


def test_H05_a_style_can_neither_move_nor_cover_nor_hide():
    style = "position:fixed;top:0;z-index:9;margin-top:-99px;display:none;opacity:0;transform:scale(9);color:red;text-indent:-999em"
    assert shown_html(f"<p style='{style}'>x</p>") == '<p style="color:red">x</p>'


def test_H04_a_remote_image_waits_and_a_counting_pixel_goes():
    html = (
        "<img src='https://a.example/logo.png' width=300 alt=Logo><img src='https://a.example/p.gif' width=1 height=1>"
        "<img src='https://a.example/q.gif' style='width:1px;height:1px'><img src='cid:foto@x'>"
    )
    assert shown_html(html) == (
        '<img width="300" alt="Logo" data-remote-src="https://a.example/logo.png"><img src="cid:foto@x">'
    )


@pytest.mark.parametrize(
    ("href", "shown"),
    [
        ("https://banco.example@evil.example/a", "https://evil.example/a"),
        ("https://banco.example:x@evil.example", "https://evil.example"),
        ("http://bücher.example/ü", "http://xn--bcher-kva.example/%C3%BC"),
        ("https://аррӏе.example", "https://xn--80ak6aa92e.example"),
        ("HTTPS://Escola.EXAMPLE/A?b=c#d", "https://escola.example/A?b=c#d"),
        ("https://evil.example\\@banco.example", None),
        ("https://[::1", None),
        ("https://a.example:99999", None),
        ("http:///a", None),
        ("ftp://a.example", None),
        ("a.example", None),
        ("#x", None),
    ],
)  # fmt: skip
def test_H08_a_link_bears_its_true_host_in_ascii(href, shown):
    found = re.search(r'href="([^"]*)"', shown_html(f'<a href="{href}">Banco</a>'))
    assert (found.group(1) if found else None) == shown


def test_a_link_opens_elsewhere_and_tells_nobody_whence():
    assert 'target="_blank" rel="noopener noreferrer nofollow"' in shown_html(
        "<a href=https://a.example target=_top rel=opener>x</a>"
    )


def test_M11_what_a_charset_hides_is_decoded_before_it_is_cleaned():
    hidden = "<script>pwn()</script><img src=x onerror=pwn()>Bom dia"
    for raw, charset in (
        (hidden.encode("utf-16"), b"utf-16"),
        (b"+ADw-script+AD4-pwn()+ADw-/script+AD4-Bom dia", b"utf-7"),
        (hidden.encode(), b"x-nope"),
    ):
        mail = parse_mail(plain(raw, b"Content-Type: text/html; charset=" + charset))
        shown = shown_html(mail.html)
        assert "onerror" not in shown
        assert "<script" not in shown
        assert allowed_only(shown)


@pytest.mark.parametrize(
    "html", ["", "só texto", "<p>" + "x" * MAX_HTML, "<div>" * 401], ids=["empty", "text", "large", "deep"]
)
def test_M17_what_is_no_page_or_too_much_of_one_is_left_to_the_text(html):
    assert shown_html(html) == ""


def test_H06_no_html_costs_more_than_two_seconds_of_processor():
    root = Path(__file__).parents[2]
    child = subprocess.run(
        [sys.executable, "-m", __spec__.name], cwd=root, capture_output=True, text=True, check=False
    )
    assert child.returncode == 0, child.stdout + child.stderr


def clean_them_all() -> None:
    for name, html in NESTED.items():
        used = resource.getrusage(resource.RUSAGE_SELF)
        spent = int(used.ru_utime + used.ru_stime)
        resource.setrlimit(resource.RLIMIT_CPU, (spent + CPU_SECONDS, spent + CPU_SECONDS + 1))
        print(name, flush=True)
        shown_html(html)


if __name__ == "__main__":
    clean_them_all()
