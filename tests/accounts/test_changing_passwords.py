"""Another password for who shows the old one: only while it still is the old one (W06)."""

import pytest

from core.errors import InvalidFields
from core.people import choosing_passwords, passwords, sessions
from core.people.tables import Person
from tests.people.cast import NOW, load_cast

ANA = "ana@org-a.example"


@pytest.fixture
async def ana(database):
    await load_cast()
    person = await Person.get(email=ANA)
    person.password_hash = await passwords.hashed("a minha senha")
    await person.save()
    return person


async def test_W06_an_old_password_changes_nothing_once_the_owner_has_chosen_another(ana, monkeypatch):
    chosen, reckon = await passwords.hashed("escolhida por carta"), passwords.hashed

    async def slowly(password):
        """While this one is reckoned the owner's new password is written."""
        await Person.filter(id=ana.id).update(password_hash=chosen)
        return await reckon(password)

    monkeypatch.setattr(passwords, "hashed", slowly)
    with pytest.raises(InvalidFields) as refused:
        await choosing_passwords.change(ana, "a minha senha", "a do intruso", NOW)

    assert list(refused.value.errors) == ["old"]
    assert await sessions.sign_in(ANA, "a do intruso", NOW) is None
    assert await sessions.sign_in(ANA, "escolhida por carta", NOW)
