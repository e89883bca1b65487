"""Sensitive data in texts: what is found, what is not, and what is left of it to see."""

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.policy.sensitive import find, is_found, masked
from core.profile import Sensitive, SensitiveKind
from core.profile_loading import load_profile

ALL = tuple(SensitiveKind)
WORDS = ("laudo", "diabetes", "câncer", "HIV", "depressão")
RULES = Sensitive(mask=ALL, health_words=WORDS)

CPF, CNPJ, CARD, HEALTH = "cpf", "cnpj", "card", "health"
NOTHING: list[tuple[str, str]] = []

FOUND = [
    # CPF
    ("cpf-punctuated", "529.982.247-25", [(CPF, "529.982.247-25")]),
    ("cpf-bare", "52998224725", [(CPF, "52998224725")]),
    ("cpf-in-a-sentence", "o CPF é 111.444.777-35, certo?", [(CPF, "111.444.777-35")]),
    ("cpf-with-blanks", "529 982 247 25", [(CPF, "529 982 247 25")]),
    ("cpf-with-a-blank-about-the-hyphen", "529.982.247 - 25", [(CPF, "529.982.247 - 25")]),
    ("cpf-with-hyphens", "529-982-247-25", [(CPF, "529-982-247-25")]),
    ("cpf-with-a-slash", "529.982.247/25", [(CPF, "529.982.247/25")]),
    ("cpf-with-an-en-dash", "529.982.247–25", [(CPF, "529.982.247–25")]),
    ("cpf-with-a-hard-blank", "529.982.247\u00a025", [(CPF, "529.982.247\u00a025")]),
    ("cpf-half-punctuated", "529982247-25", [(CPF, "529982247-25")]),
    ("cpf-of-zeros-in-front", "012.345.678-90", [(CPF, "012.345.678-90")]),
    ("cpf-full-width", "５２９.９８２.２４７-２５", [(CPF, "５２９.９８２.２４７-２５")]),
    ("cpf-arabic", "٥٢٩٩٨٢٢٤٧٢٥", [(CPF, "٥٢٩٩٨٢٢٤٧٢٥")]),
    ("cpf-glued-to-its-name", "CPF529.982.247-25", [(CPF, "529.982.247-25")]),
    ("cpf-in-brackets", "(529.982.247-25)", [(CPF, "529.982.247-25")]),
    ("cpf-before-a-full-stop", "É 529.982.247-25.", [(CPF, "529.982.247-25")]),
    ("cpf-in-a-table", "529.982.247-25;111.444.777-35", [(CPF, "529.982.247-25"), (CPF, "111.444.777-35")]),
    ("cpf-on-two-lines", "529.982.247-25\n111.444.777-35", [(CPF, "529.982.247-25"), (CPF, "111.444.777-35")]),
    ("cpf-with-tabs", "529\t982\t247\t25", [(CPF, "529\t982\t247\t25")]),
    ("cpf-all-full-width", "５２９．９８２．２４７－２５", [(CPF, "５２９．９８２．２４７－２５")]),
    ("cpf-with-minus", "529.982.247\u221225", [(CPF, "529.982.247\u221225")]),
    ("cpf-with-blanks-nobody-sees", "é 52\u200b9.982\u2060.247\ufeff-25!",
     [(CPF, "52\u200b9.982\u2060.247\ufeff-25")]),
    ("cpf-with-soft-hyphens", "529\u00ad982\u00ad247\u00ad25", [(CPF, "529\u00ad982\u00ad247\u00ad25")]),
    ("cpf-wrong-digit", "529.982.247-26", NOTHING),
    ("cpf-swapped-digits", "592.982.247-25", NOTHING),
    ("cpf-one-digit-eleven-times", "111.111.111-11", NOTHING),
    ("cpf-too-short", "9.982.247-25", NOTHING),
    ("cpf-within-a-longer-number", "1529982247250", NOTHING),
    ("cpf-broken-by-a-line", "529.982.\n247-25", NOTHING),
    ("cpf-broken-by-letters", "529a982b247c25", NOTHING),
    # CNPJ
    ("cnpj-punctuated", "11.222.333/0001-81", [(CNPJ, "11.222.333/0001-81")]),
    ("cnpj-bare", "11222333000181", [(CNPJ, "11222333000181")]),
    ("cnpj-with-blanks", "11 222 333 0001 81", [(CNPJ, "11 222 333 0001 81")]),
    ("cnpj-lettered", "12.ABC.345/01DE-35", [(CNPJ, "12.ABC.345/01DE-35")]),
    ("cnpj-lettered-bare", "12ABC34501DE35", [(CNPJ, "12ABC34501DE35")]),
    ("cnpj-lettered-small", "12.abc.345/01de-35", [(CNPJ, "12.abc.345/01de-35")]),
    ("cnpj-wrong-digit", "11.222.333/0001-82", NOTHING),
    ("cnpj-lettered-wrong-digit", "12.ABC.345/01DE-36", NOTHING),
    ("cnpj-one-digit-fourteen-times", "00.000.000/0000-00", NOTHING),
    ("cnpj-within-a-word", "X12ABC34501DE35", NOTHING),
    ("cnpj-is-no-row-of-words", "em que dia sera 35", NOTHING),
    # Cards, by the numbers their issuers give for trying out
    ("card-visa", "4111 1111 1111 1111", [(CARD, "4111 1111 1111 1111")]),
    ("card-visa-bare", "4111111111111111", [(CARD, "4111111111111111")]),
    ("card-visa-hyphens", "4111-1111-1111-1111", [(CARD, "4111-1111-1111-1111")]),
    ("card-visa-dots", "4111.1111.1111.1111", [(CARD, "4111.1111.1111.1111")]),
    ("card-visa-13", "4222222222222", [(CARD, "4222222222222")]),
    ("card-visa-19", "4000000000000000006", [(CARD, "4000000000000000006")]),
    ("card-mastercard", "5555 5555 5555 4444", [(CARD, "5555 5555 5555 4444")]),
    ("card-mastercard-2", "2223003122003222", [(CARD, "2223003122003222")]),
    ("card-amex", "3782 822463 10005", [(CARD, "3782 822463 10005")]),
    ("card-diners", "3056 930902 5904", [(CARD, "3056 930902 5904")]),
    ("card-discover", "6011111111111117", [(CARD, "6011111111111117")]),
    ("card-jcb", "3530111333300000", [(CARD, "3530111333300000")]),
    ("card-elo", "6362970000457013", [(CARD, "6362970000457013")]),
    ("card-elo-50", "5066991111111118", [(CARD, "5066991111111118")]),
    ("card-hipercard", "6062825624254001", [(CARD, "6062825624254001")]),
    ("card-maestro", "6759649826438453", [(CARD, "6759649826438453")]),
    ("card-full-width", "４１１１ １１１１ １１１１ １１１１", [(CARD, "４１１１ １１１１ １１１１ １１１１")]),
    ("card-with-blanks-nobody-sees", "4111\u200b1111\u200b1111\u200b1111",
     [(CARD, "4111\u200b1111\u200b1111\u200b1111")]),
    ("card-before-its-date", "4111 1111 1111 1111 12/27", [(CARD, "4111 1111 1111 1111")]),
    ("card-after-another-number", "99 4111 1111 1111 1111", [(CARD, "4111 1111 1111 1111")]),
    ("card-two-of-them", "4111111111111111 5555555555554444",
     [(CARD, "4111111111111111"), (CARD, "5555555555554444")]),
    ("card-wrong-digit", "4111 1111 1111 1112", NOTHING),
    ("card-within-a-longer-number", "141111111111111110", NOTHING),
    ("card-of-no-issuer", "9111111111111111", NOTHING),
    ("card-of-no-length", "55555555555544440", NOTHING),
    ("card-on-two-lines", "4111 1111\n1111 1111", NOTHING),
    # Health words of the desk
    ("health", "Segue o laudo.", [(HEALTH, "laudo")]),
    ("health-capitals", "LAUDO MÉDICO", [(HEALTH, "LAUDO")]),
    ("health-without-its-accent", "tem cancer", [(HEALTH, "cancer")]),
    ("health-with-a-loose-accent", "tem ca\u0302ncer", [(HEALTH, "ca\u0302ncer")]),
    ("health-tilde", "Depressao e depressão", [(HEALTH, "Depressao"), (HEALTH, "depressão")]),
    ("health-small", "é hiv positivo", [(HEALTH, "hiv")]),
    ("health-full-width", "ｌａｕｄｏ", [(HEALTH, "ｌａｕｄｏ")]),
    ("health-in-marks", "«laudo»/diabetes_", [(HEALTH, "laudo"), (HEALTH, "diabetes")]),
    ("health-with-a-blank-nobody-sees", "tem câ\u200bncer", [(HEALTH, "câ\u200bncer")]),
    ("health-part-of-a-word", "aplaudo, laudos e laudou", NOTHING),
    ("health-word-of-nobody", "saúde", NOTHING),
    # What only looks like it
    ("protocol", "202611220000018", NOTHING),
    ("protocol-in-a-subject", "[Protocolo 202611220000018] Boletim", NOTHING),
    ("protocols-side-by-side", "202611220000018 202611220000026", NOTHING),
    ("mobile", "(11) 91234-5678", NOTHING),
    ("mobile-with-its-country", "+55 11 91234-5678", NOTHING),
    ("mobile-bare", "11912345678", NOTHING),
    ("telephones-side-by-side", "11 3234-5678 / 11 3234-5679 / 0800 123 4567", NOTHING),
    ("date-and-time", "22/11/2026 10:15:00 a 23/11/2026 11:15:00", NOTHING),
    ("money", "R$ 1.234.567,89 e 12.345.678,90", NOTHING),
    ("bar-code", "23793.38128 60007.827136 95000.063305 9 84660000012345", NOTHING),
    ("digest", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", NOTHING),
    ("ip-address", "192.168.100.200 10.0.0.1", NOTHING),
    ("empty", "", NOTHING),
    ("several-kinds", "CPF 529.982.247-25, CNPJ 11.222.333/0001-81, cartão 4111111111111111, laudo",
     [(CPF, "529.982.247-25"), (CNPJ, "11.222.333/0001-81"), (CARD, "4111111111111111"), (HEALTH, "laudo")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in FOUND], ids=[row[0] for row in FOUND])
def test_what_is_found_is_what_check_digits_and_words_say(text, expected):
    found = [(span.kind.value, text[span.start : span.end]) for span in find(text, ALL, WORDS)]

    assert found == expected
    assert is_found(text, ALL, WORDS) is bool(expected)


def test_there_are_enough_rows_and_each_has_its_own_name():
    assert len(FOUND) >= 60 and len({row[0] for row in FOUND}) == len(FOUND)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CPF 529.982.247-25.", "CPF •••.•••.•••-25."),
        ("52998224725", "•••••••••25"),
        ("11.222.333/0001-81", "••.•••.•••/••••-81"),
        ("12.abc.345/01de-35", "••.•••.•••/••••-35"),
        ("4111 1111 1111 1111", "•••• •••• •••• 1111"),
        ("4111111111111111", "••••••••••••1111"),
        ("3782 822463 10005", "•••• •••••• •0005"),
        ("Segue o LAUDO de Ana", "Segue o ••• de Ana"),
        ("a 529.982.247-25 b 111.444.777-35 c", "a •••.•••.•••-25 b •••.•••.•••-35 c"),
        ("nada de nada", "nada de nada"),
        ("", ""),
    ],
)
def test_what_is_hidden_keeps_its_form_and_its_end(text, expected):
    assert masked(text, RULES) == expected


@pytest.mark.parametrize("kind", ALL)
def test_a_kind_that_is_not_named_is_neither_found_nor_hidden(kind):
    text = "529.982.247-25 11.222.333/0001-81 4111111111111111 laudo"
    others = tuple(each for each in ALL if each is not kind)

    assert [span.kind for span in find(text, (kind,), WORDS)] == [kind]
    assert kind not in [span.kind for span in find(text, others, WORDS)]
    assert masked(text, Sensitive(mask=(kind,), health_words=WORDS)) != masked(text, RULES)


def test_health_words_find_nothing_where_the_desk_names_none():
    assert find("laudo", ALL) == ()


def test_a_desk_that_hides_nothing_shows_everything():
    assert masked("529.982.247-25", Sensitive(refuse=ALL, health_words=WORDS)) == "529.982.247-25"


def test_the_shipped_desks_refuse_nothing_and_one_hides():
    hidden = {name: load_profile(name).sensitive for name in ("instituicoes", "representantes")}

    assert not any(each.refuse for each in hidden.values())
    assert hidden["instituicoes"].mask == ("cpf", "card") and hidden["representantes"].mask == ()
    assert hidden["instituicoes"].health_words


HOSTILE = [
    "1" * 1_000_000, "1 " * 500_000, "1-" * 500_000, "1  " * 333_000, "4111 1111 1111 1112 " * 50_000,
    "529.982.247-26 " * 66_000, "529.982.24" * 100_000, "11.222.333/0001-82 " * 52_000, "12.ABC.345/01DE-36 " * 52_000,
    " " * 1_000_000, "." * 1_000_000, "-" * 1_000_000, "a" * 1_000_000, "laud" * 250_000, "laudo" * 200_000,
    "a" + "\u0301" * 999_999, "\ufdfa" * 200_000, "1." * 500_000 + "x", "٤" * 1_000_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12].encode("unicode_escape").decode())
def test_a_hostile_megabyte_is_gone_through_once(text):
    # Looked at once for each of its characters, it would keep this test busy for hours.
    found = find(text, ALL, WORDS)

    assert all(span.start < span.end for span in found)


@given(st.text(alphabet=string.digits + ".-/ aãL٥\n", max_size=300))
def test_hiding_changes_no_length_but_of_words_and_finds_nothing_twice(text):
    once = masked(text, Sensitive(mask=(SensitiveKind.CPF, SensitiveKind.CNPJ, SensitiveKind.CARD)))

    assert len(once) == len(text)
    assert not is_found(once, (SensitiveKind.CPF, SensitiveKind.CNPJ)) or once != text


def test_of_made_up_numbers_no_more_pass_than_check_digits_let():
    dice = random.Random(7)
    mobiles = [f"{dice.randint(11, 99)}9{dice.randint(0, 99_999_999):08d}" for _ in range(5_000)]
    protocols = [f"20261122{dice.randint(0, 9_999_999):07d}" for _ in range(5_000)]

    # Two check digits let one in a hundred through; a protocol has the length of no card that begins so.
    assert sum(is_found(each, (SensitiveKind.CPF,)) for each in mobiles) < 100
    assert not any(is_found(each, ALL) for each in protocols)
