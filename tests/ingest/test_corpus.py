"""Every mail of the corpus is read as the file beside it says."""

from collections.abc import Callable

import pytest

from gateway.ingest.mime import parse_mail
from tests.ingest.corpus import FOLDER, PROPERTY, Case, cases


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.group}/{case.name}") for case in cases()])
def test_a_mail_of_the_corpus_is_read_as_written_beside_it(
    case: Case, record_property: Callable[[str, object], None]
) -> None:
    wrong = case.wrong(parse_mail(case.raw).as_json())
    record_property(PROPERTY, [case.group, len(case.fields), len(wrong)])

    assert {key: pair for key, pair in wrong.items() if key not in case.misses} == {}
    assert [key for key in case.misses if key not in wrong] == [], "no longer missed: take it off the list"


def test_every_mail_of_the_corpus_has_its_expectations_and_the_other_way_round() -> None:
    mails = {path.with_suffix("") for path in FOLDER.glob("*/*.eml")}
    expectations = {path.with_suffix("") for path in FOLDER.glob("*/*.json")}

    assert mails == expectations
