"""`guiche profile check` tells every mistake by its place, and all of them at once."""

import copy
import tomllib

import pytest

from core.errors import Misconfigured
from core.profile_loading import SHIPPED, parse_profile

TABLE = tomllib.loads((SHIPPED / "instituicoes.toml").read_text("utf-8"))
EXCEPTION = {"sector": "comercial", "purpose": "negotiation"}

MISTAKES = [
    ("mailboxes", [{"address": "a@x.example", "purpose": "administrators"}], "mailboxes: none has the purpose support"),
    ("mailboxes", [{"address": "a" * 20 + "@x.example"}], "mailboxes[0].address: local part over 19 characters"),
    ("mailboxes", [{"address": "a@x.example", "category": "nada"}], "mailboxes[0].category names no category"),
    ("moves", [{"source": "nada", "target": "n1"}], "moves[0].source names no sector"),
    ("moves", [{"source": "n1", "target": "nada"}], "moves[0].target names no sector"),
    ("categories.0.sector", "nada", "categories[0].sector names no sector"),
    ("categories.0.scope", "everything", "categories[0].scope: Input should be"),
    ("categories.3.out_of_scope", "Não.", "categories[3].scope: nobody may ask for what is out of scope"),
    ("categories.1.slug", "duvida-operacional", "categories: duvida-operacional stands twice"),
    ("sectors.1.slug", "n1", "sectors: n1 stands twice"),
    ("sectors.0.phone", "123", "sectors[0].phone: no such key"),
    ("channels.phone.may", ["dance"], "channels.phone.may[0]: Input should be"),
    ("channels.phone.changes", [{"since": "2027-02-01"}, {"since": "2027-01-01"}],
     "channels.phone.changes: must stand in the order of their days"),
    ("channels.phone.changes", [{"since": "2027-02-01"}, {"since": "2027-02-01"}],
     "channels.phone.changes: must stand in the order of their days"),
    ("channels.phone.changes", [{"since": "soon"}], "channels.phone.changes[0].since: Input should be"),
    ("channels.phone.exceptions", [EXCEPTION], "channels.phone.exceptions: this channel has rules of its own"),
    ("channels.whatsapp.may", ["open"], "channels.whatsapp.exceptions: an official channel needs none"),
    ("channels.whatsapp.changes", [{"since": "2027-01-01", "may": ["open"]}],
     "channels.whatsapp.exceptions: an official channel needs none"),
    ("channels.whatsapp.exceptions", [EXCEPTION | {"sector": "nada"}],
     "channels.whatsapp.exceptions[0].sector names no sector"),
    ("channels.whatsapp.exceptions", [EXCEPTION | {"since": "2027-01-01", "until": "2027-01-01"}],
     "channels.whatsapp.exceptions[0].until: not after since"),
    ("channels.whatsapp.exceptions", [EXCEPTION | {"data": "some"}],
     "channels.whatsapp.exceptions[0].data: Input should be"),
    ("channels.receipts", {"title": "Recibos"}, "channels.receipts: the name is taken"),
    ("forms", [{"slug": "whatsapp", "title": "W"}], "channels.whatsapp: a form has this name"),
    ("policy", {"shadow": ["sender_is_proven"]}, "policy.shadow: sender_is_proven may not be in shadow"),
    ("policy", {"shade": []}, "policy.shade: no such key"),
    ("sensitive.mask", ["cpf", "iris"], "sensitive.mask[1]: Input should be"),
    ("sensitive.health_words", ["dois termos"], "sensitive.health_words: 'dois termos' is not one word"),
    ("sensitive", {"mask": ["health"]}, "sensitive.mask: health finds nothing without health_words"),
    ("sensitive", {"refuse": ["health"]}, "sensitive.refuse: health finds nothing without health_words"),
    ("access.second_factor_for", ["boss"], "access.second_factor_for: boss is no role"),
    ("access.contest_hours", 0, "access.contest_hours: Input should be"),
    ("protocol", "{seq:06d}", "protocol: needs {date:%Y%m%d}"),
    ("protocol", "{date:%Y%m%d}{seq:06d}é", "protocol: does not understand 'é'"),
    ("time_zone", "America/Nowhere", "time_zone: Value error, no such time zone"),
    ("language", "la", "language: Value error, must be one of"),
]  # fmt: skip


def with_(place: str, value: object) -> dict:
    table = copy.deepcopy(TABLE)
    *path, last = place.split(".")
    at = table
    for name in path:
        at = at[int(name)] if isinstance(at, list) else at.setdefault(name, {})
    at[last] = value
    return table


@pytest.mark.parametrize(
    ("place", "value", "told"), MISTAKES, ids=[f"{place}-{number}" for number, (place, _, _) in enumerate(MISTAKES)]
)
def test_a_mistake_is_told_by_its_place(place, value, told):
    with pytest.raises(Misconfigured) as caught:
        parse_profile(with_(place, value), "x.toml")

    assert any(each.startswith(f"x.toml: {told}") for each in caught.value.complaints), caught.value.complaints


def test_all_of_them_are_told_at_once():
    table = with_("moves", [{"source": "a", "target": "b"}]) | {"policy": {"shadow": ["sender_may_write"]}}

    with pytest.raises(Misconfigured) as caught:
        parse_profile(table, "x.toml")

    assert len(caught.value.complaints) == 3


def test_the_shipped_profile_has_none():
    assert parse_profile(TABLE, "x.toml").name == "instituicoes"
