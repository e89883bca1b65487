import pytest

from core.people.addresses import canonical_email, canonical_phone


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Ana@Org-A.example", "ana@org-a.example"),
        (" ana+x@org-a.example ", "ana+x@org-a.example"),
        ("a.b!#$%&'*+/=?^_`{|}~-@x", "a.b!#$%&'*+/=?^_`{|}~-@x"),
        ("ana@xn--caf-dma.example", "ana@xn--caf-dma.example"),
    ],
)
def test_T18_an_address_has_one_key_whatever_its_case(written, key):
    assert canonical_email(written) == key


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("quac\u212a@org-a.example", id="T17-kelvin"),
        pytest.param("\uff53upport@org-a.example", id="T17-full-width"),
        pytest.param("stra\u00dfe@org-a.example", id="M19-sharp-s"),
        pytest.param("p\u0430ypal@org-a.example", id="T17-cyrillic"),
        pytest.param("ana@caf\u00e9.example", id="T17-raw-domain"),
        "", "@", "a@", "@b", "a@b@c", "a b@c", "a..b@c", ".a@c", "a.@c", "<a@b>", "a@b.", "a@-b", "a@b-",
         "a@[127.0.0.1]",
        '"a b"@c', "a@b\n", "a@b\r\nRCPT TO:<x@y>", "a\x00@b", "a" * 65 + "@b", "a@" + "b" * 300,
    ],
)  # fmt: skip
def test_T17_what_is_no_strict_address_has_no_key(written):
    assert canonical_email(written) is None


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("+55 11 91234-5678", "+5511912345678"),
        ("(11) 91234-5678", "+5511912345678"),
        ("011 91234-5678", "+5511912345678"),
        ("0 15 11 91234-5678", "+5511912345678"),
        ("5511912345678", "+5511912345678"),
        ("0055 11 3234-5678", "+551132345678"),
        ("55 91234-5678", "+5555912345678"),  # area code 55
        ("+1 415 555 2671", "+14155552671"),
        ("00351 21 123 4567", "+351211234567"),
    ],
)
def test_a_telephone_is_brazilian_unless_it_says_otherwise(written, key):
    assert canonical_phone(written) == key


@pytest.mark.parametrize(
    "written",
    ["", "+", "12", "91234-5678", "+55 11 1234", "+55 01 91234-5678", "(11) 1234-5678", "\u0661\u0661 91234-5678",
     "+5511912345678; DROP", "+0 123 456 789", "+" + "1" * 16],
)  # fmt: skip
def test_what_is_no_telephone_has_no_key(written):
    assert canonical_phone(written) is None
