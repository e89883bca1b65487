"""The conversation itself: what is inside one mail stays inside, whatever is said gets a clear answer."""

import asyncio

import pytest

from tests.smtp.client import Client, stuffed
from tests.smtp.mails import ANA, SUPPORT, mail

SMUGGLED = b"MAIL FROM:<evil@x.example>\r\nRCPT TO:<atendimento@instituicoes.example>\r\nDATA\r\nevil\r\n"


async def test_the_banner_and_ehlo_tell_our_name_and_no_software(door):
    client = await door.client()
    banner = await client.answer()
    ehlo = await client.say("EHLO client.example")

    assert banner == "220 instituicoes.example ESMTP"
    assert ehlo.split("\n") == [
        "250-instituicoes.example", "250-SIZE 36700160", "250-8BITMIME", "250-PIPELINING", "250 ENHANCEDSTATUSCODES",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "ending", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r\r\n", b"\r.\r\n", b"\n.\r", b"\r\n\x00.\r\n"]
)
async def test_s01_m3_no_dot_after_a_bare_line_end_ends_a_mail(door, ending):
    client = await door.guest()
    await begin(client)
    await client.write(mail(), b"text", ending, SMUGGLED, b".\r\n")

    assert (await client.answer()).startswith("250 ")
    # Had the smuggled commands been heard, their answers would come before this one.
    assert (await client.say("NOOP x")).startswith("250 ")
    raw = door.queue.only.raw.content
    # A dot that begins a line is transparency's, whatever follows it.
    assert raw == (mail() + b"text" + ending + SMUGGLED).replace(b"\r\n.", b"\r\n")


async def test_pipelined_commands_after_the_end_of_a_mail_are_heard(door):
    client = await door.guest()
    envelope = f"MAIL FROM:<{ANA}>\r\nRCPT TO:<{SUPPORT}>\r\nDATA\r\n".encode()
    await client.write(envelope, stuffed(mail()), b".\r\n", envelope, stuffed(mail(subject="Dois")), b".\r\nQUIT\r\n")
    answers = [(await client.answer())[:3] for _ in range(9)]

    assert answers == ["250", "250", "354", "250", "250", "250", "354", "250", "221"]
    assert [each.title for each in door.queue.messages] == ["Nota", "Dois"]


@pytest.mark.parametrize(
    "body",
    [b"", b"\r\n", b".\r\n", b"..\r\n", b"a\r\n.", b"\r\n.\r\n..\r\n", b"\n.\n", b".a\r\n.b\r\n",
     b"x" * 200_000, b"x\r\n" * 70_000],
)  # fmt: skip
async def test_octets_arrive_as_they_were_sent(door, body):
    client = await door.guest()
    raw = mail(text="") + body
    await client.post(raw, ANA, SUPPORT)

    assert door.queue.only.size == len(raw if raw.endswith(b"\r\n") else raw + b"\r\n")


async def test_an_empty_mail_ends_at_its_first_dot(door):
    client = await door.guest()
    await begin(client)
    await client.write(b".\r\n")

    assert (await client.answer()).startswith("550 5.7.1 ")
    assert (await client.say("NOOP")).startswith("250 ")


async def test_the_end_of_a_mail_is_found_however_it_is_cut(door):
    client = await door.guest()
    for cut in range(1, 6):
        await begin(client)
        text = mail() + b"fim\r\n.\r\n"
        await client.write(text[:-cut])
        await asyncio.sleep(0.02)
        await client.write(text[-cut:])
        assert (await client.answer()).startswith("250 ")

    assert {each.text for each in door.queue.messages} == {"Bom dia.\nfim"}


async def test_m4_s12_a_line_of_a_hundred_kilobytes_is_accepted(door):
    assert (await (await door.guest()).post(mail(text="x" * 100_000), ANA, SUPPORT)).startswith("250 ")
    assert len(door.queue.only.text) == 100_000


@pytest.mark.parametrize(
    "address",
    [SUPPORT, "ATENDIMENTO@Instituicoes.Example", "atendimento+anything@instituicoes.example",
     "administradores@instituicoes.example", "atendimento+" + "x" * 44 + "@instituicoes.example"],
)  # fmt: skip
async def test_our_mailboxes_and_any_plus_address_of_them_are_recipients(door, address):
    client = await door.guest()
    await client.say(f"MAIL FROM:<{ANA}>")

    assert (await client.say(f"RCPT TO:<{address}>")).startswith("250 ")


@pytest.mark.parametrize(
    ("argument", "code"),
    [
        ("TO:<nobody@instituicoes.example>", "550 5.1.1"),
        ("TO:<clara@instituicoes.example>", "550 5.1.1"),
        ("TO:<x%org-b.example@instituicoes.example>", "550 5.1.1"),
        ("TO:<x!y@instituicoes.example>", "550 5.1.1"),
        ("TO:<carla@org-b.example>", "550 5.7.1"),
        ("TO:<atendimento@instituicoes.example.evil.example>", "550 5.7.1"),
        ("TO:<@relay.example,@b.example:atendimento@instituicoes.example>", "550 5.7.1"),
        ("TO:<atendimento>", "550 5.7.1"),
        ("TO:<>", "501 5.5.4"),
        ("TO:<a b@instituicoes.example>", "501 5.5.4"),
        ("TO:", "501 5.5.4"),
        ("", "501 5.5.4"),
        ("TO:<atendimento@instituicoes.example> NOTIFY=NEVER", "555 5.5.4"),
        ("TO:<atendimento@instituicoes.example\x00>", "550 5.7.1"),
        ("TO:" + "<" * 500, "501 5.5.4"),
        ("TO:" + "(" * 1_000, "501 5.5.4"),
    ],
)
async def test_s17_m9_other_recipients_are_refused_at_once(door, argument, code):
    client = await door.guest()
    await client.say(f"MAIL FROM:<{ANA}>")

    assert (await client.say(f"RCPT {argument}")).startswith(code)


@pytest.mark.parametrize(
    ("argument", "code"),
    [
        ("FROM:<ana@org-a.example> SMTPUTF8", "553 5.6.7"),
        ("FROM:<an\u00e1@org-a.example>", "553 5.6.7"),
        ("FROM:<ana@org-a.example> SIZE=99999999", "552 5.3.4"),
        ("FROM:<ana@org-a.example> SIZE=" + "9" * 100, "552 5.3.4"),
        ("FROM:<ana@org-a.example> SIZE=x", "501 5.5.4"),
        ("FROM:<ana@org-a.example> SIZE=\u0661", "501 5.5.4"),
        ("FROM:<ana@org-a.example> BODY=BINARYMIME", "555 5.5.4"),
        ("FROM:<ana@org-a.example> RET=HDRS", "555 5.5.4"),
        ("ana@org-a.example", "501 5.5.4"),
        ("FROM:<<>>", "501 5.5.4"),
        ("FROM:" + '"' * 1_000, "501 5.5.4"),
        ("FROM:<ana@org-a.example> BODY=8BITMIME SIZE=100", "250 2.1.0"),
        ("FROM:<>", "250 2.1.0"),
        ("FROM: <ana@org-a.example>", "250 2.1.0"),
        ("from:<@relay.example:ana@org-a.example>", "250 2.1.0"),
    ],
)
async def test_s11_s21_a_sender_is_taken_or_refused_with_a_clear_code(door, argument, code):
    assert (await (await door.guest()).say(f"MAIL {argument}".encode())).startswith(code)


async def test_s21_an_8_bit_recipient_gets_its_own_answer(door):
    client = await door.guest()
    await client.say(f"MAIL FROM:<{ANA}>")

    assert (await client.say("RCPT TO:<atendimentó@instituicoes.example>".encode())).startswith("553 5.6.7")
    assert (await client.say(b"RCPT TO:<\xff\xfe@instituicoes.example>")).startswith("553 5.6.7")


@pytest.mark.parametrize(
    ("before", "command", "code"),
    [
        ([], "MAIL FROM:<a@b>", "503"),
        (["EHLO x"], "RCPT TO:<atendimento@instituicoes.example>", "503"),
        (["EHLO x"], "DATA", "503"),
        (["EHLO x", "MAIL FROM:<a@b>"], "DATA", "503"),
        (["EHLO x", "MAIL FROM:<a@b>"], "MAIL FROM:<a@b>", "503"),
        (["EHLO x", "MAIL FROM:<>"], "MAIL FROM:<a@b>", "503"),
        (["EHLO x", "MAIL FROM:<a@b>", "RSET"], "RCPT TO:<atendimento@instituicoes.example>", "503"),
        (["EHLO x", "MAIL FROM:<a@b>", "EHLO x"], "DATA", "503"),
        (["EHLO x"], "EHLO", "501"),
        (["HELO x"], "MAIL FROM:<a@b>", "250"),
        ([], "AUTH PLAIN AGEAYg==", "503"),
        ([], "STARTTLS", "503"),
        ([], "GET / HTTP/1.1", "500"),
        ([], "", "500"),
        ([], "VRFY ana@org-a.example", "252"),
        ([], "VRFY nobody@org-a.example", "252"),
        ([], "EXPN staff", "502"),
        ([], "HELP", "214"),
    ],
)
async def test_commands_out_of_their_order_or_unknown_are_answered(door, before, command, code):
    client = await door.client()
    await client.answer()
    for line in before:
        assert (await client.say(line))[0] == "2"

    answer = await client.say(command)
    assert answer.startswith(code)
    assert "@" not in answer


async def test_s11_a_body_over_the_limit_is_read_to_its_end_and_refused(open_door):
    async with open_door(GUICHE_MAX_MESSAGE_BYTES="100000") as door:
        client = await door.guest()
        assert (await client.post(mail(text="x" * 200_000), ANA, SUPPORT)).startswith("552 5.3.4")
        fitting = mail(text="") + b"x" * (99_998 - len(mail(text=""))) + b"\r\n"
        assert (await client.post(fitting, ANA, SUPPORT)).startswith("250 ")
        assert (await client.post(fitting[:-2] + b"y\r\n", ANA, SUPPORT)).startswith("552 5.3.4")

    assert [each.size for each in door.queue.messages] == [100_000]


async def test_s23_a_mail_that_breaks_off_leaves_nothing(door):
    client = await door.guest()
    await begin(client)
    await client.write(mail())
    await client.close()
    await (await door.guest()).post(mail(subject="Depois"), ANA, SUPPORT)

    assert [each.title for each in door.queue.messages] == ["Depois"]


async def test_t13_two_mailboxes_in_one_mail_are_one_message(door):
    both = f"{SUPPORT}, administradores@instituicoes.example"
    await (await door.guest()).post(mail(to=both), ANA, "administradores@instituicoes.example", SUPPORT, SUPPORT)

    assert door.queue.only.mailbox == SUPPORT


async def begin(client: Client) -> None:
    await client.say(f"MAIL FROM:<{ANA}>")
    await client.say(f"RCPT TO:<{SUPPORT}>")
    assert (await client.say("DATA")).startswith("354 ")
