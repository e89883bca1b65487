"""What a board's mail says of the new administrator, as a table of texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tickets.administrators.asked import Asked
from core.tickets.administrators.cpf import canonical_cpf, masked_cpf
from core.tickets.administrators.reading import read_asked

NINA = Asked("Nina Novais", "52998224725", "nina@org-a.example")
FOR_ADM = Asked("Nina Novais", "52998224725", "nina@org-a.example", "adm@org-a.example")
CPF, MAIL = "CPF: 529.982.247-25", "E-mail: nina@org-a.example"

COMPLETE = {
    "plain": f"Nome: Nina Novais\n{CPF}\n{MAIL}",
    "amid-words": f"Prezados,\n\nsolicitamos a troca.\n\nNome: Nina Novais\n{CPF}\n{MAIL}\n\nA Diretoria",
    "other-order": f"{MAIL}\n{CPF}\nNome: Nina Novais",
    "full-name": f"Nome completo: Nina Novais\n{CPF}\n{MAIL}",
    "upper-case": "NOME: Nina Novais\nCPF: 52998224725\nEMAIL: NINA@ORG-A.EXAMPLE",
    "email-as-one-word": f"nome: Nina Novais\n{CPF}\nemail: nina@org-a.example",
    "long-label": f"Nome: Nina Novais\n{CPF}\nEndereço de e-mail: nina@org-a.example",
    "label-without-cedilla": f"Nome: Nina Novais\n{CPF}\nEndereco de email: nina@org-a.example",
    "electronic-address": f"Nome: Nina Novais\n{CPF}\nEndereço eletrônico: nina@org-a.example",
    "english": "Name: Nina Novais\nCPF: 529.982.247-25\nEmail address: nina@org-a.example",
    "full-english": "Full name: Nina Novais\nCPF: 529.982.247-25\nE-mail of the new administrator: nina@org-a.example",
    "whose": "Nome da nova administradora: Nina Novais\nCPF da nova administradora: 529.982.247-25\n"
             "E-mail do novo administrador: nina@org-a.example",
    "whose-of-both": f"Nome do(a) novo(a) administrador(a): Nina Novais\n{CPF}\n{MAIL}",
    "bullets": f"- Nome: Nina Novais\n• {CPF}\n* {MAIL}",
    "numbered": f"1. Nome: Nina Novais\n2) {CPF}\n(c) {MAIL}",
    "bold": "*Nome:* Nina Novais\n**CPF:** 529.982.247-25\n__E-mail__: _nina@org-a.example_",
    "bold-bullets": f"- **Nome**: Nina Novais\n- **CPF**: 529.982.247-25\n- {MAIL}",
    "nbsp": "Nome:\u00a0Nina\u00a0Novais\n\u00a0\u00a0CPF\u00a0:\u00a0529.982.247-25\nE-mail:\u00a0nina@org-a.example",
    "full-width-colon": "Nome：Nina Novais\nCPF：529.982.247-25\nE-mail：nina@org-a.example",
    "invisible-signs": "\ufeffNome: Nina\u200b Novais\nCPF: 529.982.247\u00ad-25\nE-mail: nina@org-a\u200b.example",
    "cpf-with-spaces": f"Nome: Nina Novais\nCPF: 529 982 247 25\n{MAIL}",
    "cpf-with-a-long-dash": f"Nome: Nina Novais\nCPF: 529.982.247–25\n{MAIL}",
    "cpf-numbered": f"Nome: Nina Novais\nCPF nº: 529.982.247-25\n{MAIL}",
    "linked": f"Nome: Nina Novais\n{CPF}\nE-mail: nina@org-a.example <mailto:nina@org-a.example>",
    "markdown-link": f"Nome: Nina Novais\n{CPF}\nE-mail: [nina@org-a.example](mailto:nina@org-a.example).",
    "in-brackets": f"Nome: Nina Novais\n{CPF}\nE-mail: Nina <nina@org-a.example>",
    "value-on-the-next-line": "Nome:\nNina Novais\n\nCPF:\n\n529.982.247-25\nE-mail:\nnina@org-a.example",
    "one-line": f"Nome: Nina Novais, {CPF}; {MAIL}",
    "columns": f"Nome: Nina Novais   {CPF}\t{MAIL}",
    "table": f"| Nome: Nina Novais | {CPF} | {MAIL} |",
    "windows-line-ends": f"Nome: Nina Novais\r\n{CPF}\r\n{MAIL}\r\n",
    "said-twice-alike": f"Nome: Nina Novais\n{CPF}\n{MAIL}\n\n{CPF}\nNome: Nina  Novais",
    "decomposed-letters": f"Nome: Nina Novais\n{CPF}\nEnderec\u0327o de e-mail: nina@org-a.example",
    "quoted-one-of-somebody-else": f"Nome: Nina Novais\n{CPF}\n{MAIL}\n\n> Nome: Outra Pessoa\n> CPF: 111.444.777-35",
}  # fmt: skip
INCOMPLETE = {
    "nothing": ("", ("name", "cpf", "email")),
    "unlabelled": ("Nina Novais, 529.982.247-25, nina@org-a.example", ("name", "cpf", "email")),
    "no-name": (f"{CPF}\n{MAIL}", ("name",)),
    "no-cpf": (f"Nome: Nina Novais\n{MAIL}", ("cpf",)),
    "no-address": (f"Nome: Nina Novais\n{CPF}", ("email",)),
    "empty-values": ("Nome:\nCPF:\nE-mail:\n", ("name", "cpf", "email")),
    "wrong-check-digits": (f"Nome: Nina Novais\nCPF: 529.982.247-24\n{MAIL}", ("cpf",)),
    "one-digit-over-and-over": (f"Nome: Nina Novais\nCPF: 111.111.111-11\n{MAIL}", ("cpf",)),
    "ten-digits": (f"Nome: Nina Novais\nCPF: 529.982.247-2\n{MAIL}", ("cpf",)),
    "two-cpfs": (f"Nome: Nina Novais\n{CPF}\nCPF: 111.444.777-35\n{MAIL}", ("cpf",)),
    "two-cpfs-in-one-line": (f"Nome: Nina Novais\nCPF: 529.982.247-25 ou 111.444.777-35\n{MAIL}", ("cpf",)),
    "a-right-and-a-wrong-cpf": (f"Nome: Nina Novais\n{CPF}\nCPF: 529.982.247-24\n{MAIL}", ("cpf",)),
    "two-addresses": (f"Nome: Nina Novais\n{CPF}\n{MAIL}\nE-mail: outra@org-a.example", ("email",)),
    "two-addresses-in-one-line": (f"Nome: Nina Novais\n{CPF}\nE-mail: a@org-a.example, b@org-a.example", ("email",)),
    "two-names": (f"Nome: Nina Novais\nNome: Outra Pessoa\n{CPF}\n{MAIL}", ("name",)),
    "no-address-at-all": (f"Nome: Nina Novais\n{CPF}\nE-mail: o mesmo de sempre", ("email",)),
    "letters-that-look-like-others": (f"Nome: Nina Novais\n{CPF}\nE-mail: nіna@org-a.example", ("email",)),
    "letters-that-become-others": (f"Nome: Nina Novais\n{CPF}\nE-mail: ｎina@org-a.example", ("email",)),
    "an-address-for-a-name": (f"Nome: nina@org-a.example\n{CPF}\n{MAIL}", ("name",)),
    "a-name-with-turned-letters": (f"Nome: Nina\u202eNovais\n{CPF}\n{MAIL}", ("name",)),
    "a-name-too-long": (f"Nome: {'N' * 201}\n{CPF}\n{MAIL}", ("name",)),
    "part-of-another-label": (f"Sobrenome: Novais\nNome da escola: Escola\n{CPF}\n{MAIL}", ("name",)),
    "all-of-it-quoted": (f"> Nome: Nina Novais\n> {CPF}\n> {MAIL}", ("name", "cpf", "email")),
}
REPLACED = {
    "address": ("Substitui: adm@org-a.example", "adm@org-a.example"),
    "english": ("Replaces: ADM@org-a.example", "adm@org-a.example"),
    "name": ("Substitui: Adm Almeida", "Adm Almeida"),
    "article": ("Substitui o: Adm Almeida", "Adm Almeida"),
    "name-and-address": ("Em substituição a: Adm Almeida <adm@org-a.example>", "adm@org-a.example"),
    "two": ("Substitui: adm@org-a.example\nSubstitui: bia@org-a.example", "adm@org-a.example / bia@org-a.example"),
    "twice-alike": ("Substitui: adm@org-a.example\nSubstitui: adm@org-a.example", "adm@org-a.example"),
    "nobody": ("Substitui:", ""),
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in COMPLETE.items()])
def test_S4_22_labelled_lines_are_read_however_they_are_typed(text: str) -> None:
    assert read_asked(text) == NINA


@pytest.mark.parametrize(
    ("text", "missing"), [pytest.param(*each, id=name) for name, each in INCOMPLETE.items()]
)
def test_S4_22_what_is_missing_wrong_or_said_twice_is_left_to_an_agent(text: str, missing: tuple[str, ...]) -> None:
    assert read_asked(text).missing == missing


@pytest.mark.parametrize(("line", "replaces"), [pytest.param(*each, id=name) for name, each in REPLACED.items()])
def test_S4_22_whom_he_replaces_may_be_said_too(line: str, replaces: str) -> None:
    said = read_asked(f"{line}\nNome: Nina Novais\n{CPF}\n{MAIL}")

    assert said == Asked(NINA.name, NINA.cpf, NINA.email, replaces)


@given(st.text(alphabet=st.sampled_from("nomecpfail:- \t\n*_.@0529>|,;é\u00a0"), max_size=400))
def test_no_text_breaks_the_reader(text: str) -> None:
    asked = read_asked(text)

    assert asked.cpf == "" or canonical_cpf(asked.cpf) == asked.cpf


@pytest.mark.parametrize("text", [" " * 200_000, "nome:" * 40_000, "x@" * 100_000, "cpf: " + "5 " * 90_000, "- " * 90_000])
def test_a_hostile_text_is_read_to_its_end(text: str) -> None:
    assert read_asked(text).missing


def test_a_cpf_is_shown_by_its_last_two_digits() -> None:
    assert (masked_cpf("52998224725"), masked_cpf("")) == ("***.***.***-25", "")
