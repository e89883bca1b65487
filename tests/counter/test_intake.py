"""The ledger as operators ask it: where is this mail, and by which rules did it get there?"""

from core import clock
from core.decision import Reason
from core.ids import new_id
from core.message import RefusedMessage
from core.tickets.intake import file_batch
from tests.harness.house import House


async def ledger(house: House, agent: str = "clara", **query: str) -> list[dict[str, object]]:
    answer = await house.http.get("/api/v1/intake", params=query, headers=await house.agent(agent))
    assert answer.status == 200
    return list((await answer.json())["items"])


async def refuse(house: House, sender: str, message_id: str) -> None:
    now, pseudonym = clock.now(), house.office.signing.pseudonym
    refused = RefusedMessage(
        intake_id=new_id(), channel="email", reason=Reason.NOT_AUTHORIZED, received_at=now, size=7,
        sender_hash=pseudonym(sender), message_id_hash=pseudonym(message_id),
        trail=("is_an_official_channel=passed", "sender_may_write=refuse"), flags=("too-deep",),
    )  # fmt: skip
    await file_batch([refused], house.office, now)


async def test_a_filed_message_tells_its_protocol_and_every_rule_asked(house: House) -> None:
    ticket = await house.file(trail=("sender_may_write=passed", "sender_is_proven=passed"), flags=("text-cut",))

    [row] = await ledger(house)

    assert (row["outcome"], row["reason"], row["protocol"]) == ("filed", None, ticket.protocol)
    assert row["trail"] == ["sender_may_write=passed", "sender_is_proven=passed"]
    assert row["flags"] == ["text-cut"]
    assert {"id", "at", "channel", "outcome", "reason", "protocol"} <= set(row)


async def test_a_refused_mail_is_found_by_its_sender_and_its_id_though_neither_is_kept(house: House) -> None:
    await refuse(house, "estranho@longe.example", "carta.1@longe.example")
    await refuse(house, "outro@longe.example", "carta.2@longe.example")

    for asked in ("estranho@longe.example", " Estranho@Longe.example ", "<carta.1@longe.example>"):
        [row] = await ledger(house, q=asked)
        assert (row["outcome"], row["reason"]) == ("refused", "not_authorized")
        assert row["trail"] == ["is_an_official_channel=passed", "sender_may_write=refuse"]
    assert await ledger(house, q="longe") == []


async def test_words_of_a_subject_find_what_was_filed_and_what_is_held(house: House) -> None:
    ticket = await house.file("Boletim não abre")
    await house.file("O boletim sumiu", held_for=Reason.NO_STANDING)
    await house.file("Outra coisa")

    found = await ledger(house, q="boletim")

    assert sorted((row["outcome"], row["protocol"]) for row in found) == [("filed", ticket.protocol), ("held", None)]
    assert [row["protocol"] for row in await ledger(house, q=ticket.protocol)] == [ticket.protocol]


async def test_what_was_held_and_dropped_says_so(house: House) -> None:
    await house.file("Assunto", held_for=Reason.NO_STANDING)
    headers = await house.agent("clara")
    [held] = (await (await house.http.get("/api/v1/held", headers=headers)).json())["items"]
    await house.http.post(f"/api/v1/held/{held['id']}/discard", headers=headers)

    [row] = await ledger(house, q=held["id"])

    assert (row["outcome"], row["reason"]) == ("discarded", "no_standing")


async def test_a_held_mail_whose_copy_was_filed_waits_for_nobody_any_more(house: House) -> None:
    await house.file(dedupe_key="k", held_for=Reason.SENDER_NOT_PROVEN)
    await house.file(dedupe_key="k")

    assert sorted(str(row["outcome"]) for row in await ledger(house)) == ["filed", "resolved"]


async def test_an_agent_of_another_sector_sees_that_it_was_filed_but_not_where(house: House) -> None:
    await house.file()

    [row] = await ledger(house, agent="diego")

    assert (row["outcome"], row["protocol"]) == ("filed", None)


async def test_a_long_ledger_comes_in_pages_newest_first(house: House) -> None:
    for number in range(5):
        await refuse(house, f"a{number}@longe.example", f"{number}@longe.example")
    headers, seen, cursor = await house.agent("clara"), [], ""
    while True:
        answer = await house.http.get("/api/v1/intake", params={"limit": "2", "cursor": cursor}, headers=headers)
        page = await answer.json()
        seen += [row["id"] for row in page["items"]]
        if not page["next"]:
            break
        cursor = page["next"]

    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)


async def test_nonsense_is_named_and_hostile_words_find_nothing(house: House) -> None:
    headers = await house.agent("clara")
    for query in ({"cursor": "x"}, {"limit": "0"}, {"limit": "١"}, {"order_by": "password"}):
        answer = await house.http.get("/api/v1/intake", params=query, headers=headers)
        assert answer.status == 422
        assert set((await answer.json())["errors"]) == set(query)
    for asked in ("'; DROP TABLE intake; --", "%", "_", "\x00", "\ud800".encode("utf-8", "surrogatepass").hex(), "x" * 5_000):
        assert await ledger(house, q=asked) == []


async def test_a_customer_does_not_see_the_ledger(house: House) -> None:
    answer = await house.http.get("/api/v1/intake", headers=await house.customer("ana@org-a.example"))

    assert answer.status == 403
