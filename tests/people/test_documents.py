"""CPF and CNPJ: one form of each, and nothing that only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from validate_docbr import CNPJ, CPF

from core.errors import InvalidFields
from core.people import organizations
from core.people.actor import SYSTEM
from core.people.documents import canonical_cnpj, canonical_cpf, canonical_document
from core.people.organizations import NewOrganization
from core.people.tables import Organization
from tests.people.cast import NOW

# The example of the alphanumeric CNPJ is the Receita Federal's own.
RIGHT = {
    "529.982.247-25": "52998224725",
    "52998224725": "52998224725",
    " 529 982 247 25 ": "52998224725",
    "00.000.000/0001-91": "00000000000191",
    "00000000000191": "00000000000191",
    "12.ABC.345/01DE-35": "12ABC34501DE35",
    "12.abc.345/01de-35": "12ABC34501DE35",
}
WRONG = [
    "", "1", "529.982.247-26", "5299822472", "052998224725", "00.000.000/0001-92", "12.ABC.345/01DE-36",
    "12.ABC.345/01DE-3A", "111.111.111-11", "00000000000", "00.000.000/0000-00", "11111111111111",
    "529,982,247-25", "529.982.247-25x", "\uff15\uff12\uff1998224725", "\u0665\u0662\u0669\u0669\u0668\u0662\u0662\u0664\u0667\u0662\u0665",
    "529.982.247-25\x00", "12.\u017fBC.345/01DE-35", "x" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize(("text", "canonical"), RIGHT.items())
def test_a_document_has_one_canonical_form(text, canonical):
    assert canonical_document(text) == canonical


@pytest.mark.parametrize("text", WRONG)
def test_what_is_neither_a_cpf_nor_a_cnpj_has_none(text):
    assert canonical_document(text) is None


def test_a_cpf_is_no_cnpj():
    assert canonical_cnpj("529.982.247-25") is None
    assert canonical_cpf("00.000.000/0001-91") is None


@given(st.text(alphabet="0123456789", min_size=9, max_size=9).filter(lambda digits: len(set(digits)) > 1))
def test_every_cpf_is_taken_and_none_with_one_digit_changed(digits):
    cpf = digits + CPF()._generate_first_digit(list(digits))
    cpf += CPF()._generate_second_digit(list(cpf))

    assert canonical_cpf(CPF().mask(cpf)) == cpf
    assert canonical_cpf(cpf[:-1] + str((int(cpf[-1]) + 1) % 10)) is None


@given(st.text(alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=12))
def test_every_alphanumeric_cnpj_is_taken_in_both_cases(stem):
    cnpj = stem + CNPJ()._generate_first_digit(stem)
    cnpj += CNPJ()._generate_second_digit(cnpj)

    assert canonical_cnpj(CNPJ().mask(cnpj).lower()) == (cnpj if len(set(cnpj)) > 1 else None)


async def test_an_organization_keeps_the_canonical_form_and_no_other(cast):
    await organizations.add(NewOrganization("Org C", document="12.abc.345/01de-35"), SYSTEM, NOW)

    assert (await Organization.get(name="Org C")).document == "12ABC34501DE35"
    with pytest.raises(InvalidFields) as invalid:
        await organizations.add(NewOrganization("Org D", document="12.345.678/0001-00"), SYSTEM, NOW)
    assert list(invalid.value.errors) == ["document"]
