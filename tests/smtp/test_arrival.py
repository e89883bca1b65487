"""What a mail says of itself: which ticket it claims, which mailbox owns it, when it is the same mail."""

import pytest

from core.clock import now
from core.keys import Key, SigningKeys, Token, TokenKind
from core.message import Bounce, Claim, ClaimKind, InboundMessage, Intent
from gateway.channels.email import MailArrival, normalise
from tests.smtp.mails import ADMINISTRATORS, ANA, CARLA, SUPPORT, mail

NOW = now()


async def read(door, raw: bytes, *recipients: str, mail_from: str = ANA, **more: object) -> InboundMessage:
    arrival = MailArrival(raw, NOW, peer_is_trusted=True, mail_from=mail_from, recipients=recipients or (SUPPORT,))
    message = await normalise(arrival, door.desk)
    assert isinstance(message, InboundMessage)
    return message


def token(door, ticket_id: int = 9, kind: TokenKind = TokenKind.CUSTOMER_REPLY, subject_id: int = 1) -> str:
    return door.desk.signing.sign(Token(kind, ticket_id, subject_id), NOW)


def plus(suffix: str, mailbox: str = "atendimento") -> str:
    return f"{mailbox}+{suffix}@instituicoes.example"


async def test_claims_stand_in_order_of_precedence(door):
    ours = f"<{token(door, 4, TokenKind.MESSAGE_ID)}.{'0' * 32}@instituicoes.example>"
    raw = mail(
        to=plus(token(door, 3)), subject="Re: [Protocolo 202611220000018]",
        in_reply_to=ours, references=f"<oldest@x> <older@x> {ours}",
    )  # fmt: skip
    message = await read(door, raw)

    assert message.claims == (
        Claim(kind=ClaimKind.REPLY_TOKEN, ticket_id=3, recipient_id=1),
        Claim(kind=ClaimKind.MESSAGE_ID, ticket_id=4),
        Claim(kind=ClaimKind.REFERENCES, text="older@x"),
        Claim(kind=ClaimKind.REFERENCES, text="oldest@x"),
        *(Claim(kind=ClaimKind.PROTOCOL, text=each) for each in valid_protocols("202611220000018")),
    )
    assert message.references[1:] == ("older@x", "oldest@x")
    assert message.intent is Intent.COMPLEMENT


def valid_protocols(text: str) -> tuple[str, ...]:
    from core.tickets import protocols

    return protocols.find(text)


async def test_a_protocol_in_the_subject_is_claimed_when_its_check_digit_is_right(door):
    from datetime import date

    from core.tickets import protocols

    protocol = protocols.render(door.desk.profile.protocol, date(2026, 11, 22), 7)
    message = await read(door, mail(subject=f"sobre {protocol}"))

    assert message.claims == (Claim(kind=ClaimKind.PROTOCOL, text=protocol),)


async def test_t05_the_envelopes_token_wins(door):
    message = await read(door, mail(to=plus(token(door, 1)), cc=plus(token(door, 2))), plus(token(door, 3)))

    assert [each.ticket_id for each in message.claims] == [3]


async def test_t05_else_the_first_valid_one_written(door):
    message = await read(door, mail(to=plus("x" * 44), cc=f"{plus(token(door, 2))}, {plus(token(door, 1))}"))

    assert [each.ticket_id for each in message.claims] == [2]
    assert "invalid-token" in message.flags


async def test_a_token_is_read_whatever_its_case(door):
    message = await read(door, mail(), plus(token(door, 5).upper()).upper())

    assert [each.ticket_id for each in message.claims] == [5]


@pytest.mark.parametrize(
    ("kind", "for_agent", "internal"),
    [(TokenKind.CUSTOMER_REPLY, False, False), (TokenKind.AGENT_REPLY, True, False), (TokenKind.AGENT_NOTE,
     True, True)],
)  # fmt: skip
async def test_t09_a_token_says_for_whom_it_is_and_whether_it_answers_a_note(door, kind, for_agent, internal):
    [claim] = (await read(door, mail(), plus(token(door, 5, kind, 8)))).claims

    assert (claim.for_agent, claim.internal, claim.recipient_id) == (for_agent, internal, 8)


async def test_t06_tokens_that_are_not_ours_claim_nothing_and_are_flagged(door):
    good = token(door)
    flipped = good[:20] + ("a" if good[20] != "a" else "b") + good[21:]
    foreign = SigningKeys([Key("other", b"1" * 32)]).sign(Token(TokenKind.CUSTOMER_REPLY, 9, 1), NOW)
    message_id = token(door, 9, TokenKind.MESSAGE_ID)
    for suffix in (flipped, foreign, message_id):
        message = await read(door, mail(), plus(suffix))
        assert message.claims == () and "invalid-token" in message.flags
    assert (await read(door, mail(), plus(good[:-1]))).claims == ()


async def test_a_token_at_somebody_elses_address_claims_nothing(door):
    assert (await read(door, mail(to=f"atendimento+{token(door)}@evil.example"))).claims == ()


async def test_t04_a_forged_message_id_of_our_form_counts_as_absent(door):
    foreign = SigningKeys([Key("other", b"1" * 32)]).sign(Token(TokenKind.MESSAGE_ID, 9, 1), NOW)
    for forged in (foreign, "a" * 44, token(door, 9, TokenKind.CUSTOMER_REPLY)):
        message = await read(door, mail(in_reply_to=f"<{forged}.{'0' * 32}@instituicoes.example>"))
        assert message.claims == ()
        assert "forged-message-id" in message.flags


async def test_a_message_id_at_our_domain_that_is_not_of_our_form_may_be_an_agents_mail(door):
    message = await read(door, mail(in_reply_to="<abc@instituicoes.example>"))

    assert message.claims == (Claim(kind=ClaimKind.REFERENCES, text="abc@instituicoes.example"),)


async def test_t14_our_own_mail_coming_back_is_only_counted(door):
    ours = f"<{token(door, 4, TokenKind.MESSAGE_ID)}.{'0' * 32}@instituicoes.example>"
    arrival = MailArrival(mail(message_id=ours), NOW, peer_is_trusted=True, mail_from=ANA, recipients=(SUPPORT,))

    assert isinstance(await normalise(arrival, door.desk), Bounce)


@pytest.mark.parametrize(
    ("to", "cc", "envelope", "owner"),
    [
        (f"x@y.example, {ADMINISTRATORS}", SUPPORT, SUPPORT, ADMINISTRATORS),
        ("x@y.example", f"Nome <{ADMINISTRATORS}>, {SUPPORT}", SUPPORT, ADMINISTRATORS),
        ("undisclosed-recipients:;", "", ADMINISTRATORS, ADMINISTRATORS),
        ("ATENDIMENTO+abc@INSTITUICOES.example", "", ADMINISTRATORS, SUPPORT),
        ("grupo: x@y.example, atendimento@instituicoes.example;", "", ADMINISTRATORS, SUPPORT),
        ('"atendimento@instituicoes.example" <x@y.example>', "", ADMINISTRATORS, ADMINISTRATORS),
    ],
)
async def test_t13_the_first_of_our_mailboxes_in_to_then_cc_then_the_envelope_owns_the_mail(
    door, to, cc, envelope, owner
):
    assert (await read(door, mail(to=to, cc=cc), envelope)).mailbox == owner


async def test_s08_a_mail_is_the_same_whatever_trace_lines_and_line_ends_were_added(door):
    raw = mail()
    through_another_door = (b"Received: from x\r\nX-Spam: no\r\n" + raw).replace(b"\r\n", b"\n") + b"\n"

    assert (await read(door, raw)).dedupe_key == (await read(door, through_another_door)).dedupe_key


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(mail(text="Boa tarde."), id="S09-body"),
        pytest.param(mail(date="Sun, 22 Nov 2026 10:00:01 -0300"), id="S09-date"),
        pytest.param(mail(CARLA), id="S09-from"),
        pytest.param(mail(message_id="<m2@org-a.example>"), id="message-id"),
        pytest.param(mail(message_id=""), id="S10-none"),
    ],
)
async def test_mails_that_differ_are_different_even_with_one_message_id(door, other):
    assert (await read(door, mail())).dedupe_key != (await read(door, other)).dedupe_key


@pytest.mark.parametrize("message_id", ["", "<>", "<" + "x" * 10_000 + "@b>", "<a\x00@b>"])
async def test_s10_a_mail_without_a_usable_message_id_is_known_by_what_it_is(door, message_id):
    raw = mail(message_id=message_id)
    one, two = await read(door, raw), await read(door, raw)

    assert one.message_id == "" and one.message_id_hash == ""
    assert one.dedupe_key == two.dedupe_key != (await read(door, mail(message_id=message_id, text="x"))).dedupe_key


async def test_only_an_identity_stands_as_an_address(door):
    raw = b"From: Ana <ana@org-a.example>, x@y.example\r\nTo: " + plus(token(door)).encode() + b"\r\n\r\nx"
    repaired = await read(door, raw)

    assert repaired.author.email == ""
    assert "ana@org-a.example" in repaired.author.name
    assert repaired.speaker.kind == "unknown"


async def test_a_hash_of_the_sender_finds_him_again_and_tells_nothing(door):
    one, two = await read(door, mail("Ana <ANA@org-a.example>")), await read(door, mail(ANA, text="x"))

    assert one.sender_hash == two.sender_hash
    assert "ana" not in one.sender_hash and len(one.sender_hash) == 64


async def test_the_reply_is_the_text_and_the_whole_is_kept_beside_it(door):
    message = await read(door, mail(text="Obrigada.\r\n\r\nEm 22/11/2026, Central escreveu:\r\n> oi"))

    assert message.text == "Obrigada."
    assert message.full_text == "Obrigada.\n\nEm 22/11/2026, Central escreveu:\n> oi"


@pytest.mark.parametrize(
    "headers",
    [{"auto_submitted": "auto-replied"}, {"precedence": "bulk"}, {"list_id": "<l.x>"},
     {"x_auto_response_suppress": "All"}],
)  # fmt: skip
async def test_l01_l05_a_machines_mail_is_taken_and_marked_automatic(door, headers):
    assert (await read(door, mail(**headers))).is_automatic


async def test_a_large_mail_is_read_in_a_thread_with_the_same_outcome(door):
    message = await read(door, mail(text="x" * 300_000))

    assert message.size > 256 * 1024
    assert message.text == "x" * 300_000
    assert message.raw is not None and message.raw.content is not None
