"""Protocol numbers: written by the template, found in what people write, never drawn twice."""

import asyncio
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.database import query
from core.tickets.numbering import BLOCK, Numbers
from core.tickets.protocols import DEFAULT, check_digit, find, render

DAY = date(2026, 11, 22)


@given(st.dates(date(2020, 1, 1), date(2099, 12, 31)), st.integers(0, 99_999_999))
def test_what_is_written_is_found_again(day: date, sequence: int) -> None:
    protocol = render(DEFAULT, day, sequence)
    assert find(f"Re: [Protocolo {protocol}] ainda não") == (protocol,)


@given(st.integers(0, 999_999), st.integers(0, 14), st.integers(1, 9))
def test_one_wrong_digit_shows(sequence: int, place: int, by: int) -> None:
    protocol = render(DEFAULT, DAY, sequence)
    wrong = protocol[:place] + str((int(protocol[place]) + by) % 10) + protocol[place + 1 :]
    assert find(wrong) == ()


@pytest.mark.parametrize(
    "text",
    [
        "", "sem número", "2026112200001", "x" + render(DEFAULT, DAY, 1), render(DEFAULT, DAY, 1) + "7",
        "1" * 10_000,
    ],
)  # fmt: skip
def test_what_is_no_protocol_is_not_found(text: str) -> None:
    assert find(text) == ()


def test_M19_only_ascii_digits_make_a_protocol() -> None:
    arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    assert find(render(DEFAULT, DAY, 1).translate(arabic)) == ()


def test_another_template_is_another_number() -> None:
    template = "ANS-{date:%Y%m%d}-{seq:04d}"
    protocol = render(template, DAY, 7)
    assert protocol == "ANS-20261122-0007"
    assert find(f"sobre {protocol}", template) == (protocol,)
    assert find(protocol) == ()


def test_the_check_digit_is_that_of_the_standard() -> None:
    assert check_digit("0794") == 5  # the example of ISO 7064 for MOD 11,10


async def test_numbers_drawn_at_once_are_never_the_same(database: str) -> None:
    processes = [Numbers() for _ in range(4)]
    drawn = await asyncio.gather(*(each.draw("ticket", 30) for each in processes for _ in range(3)))

    flat = [number for numbers in drawn for number in numbers]
    assert len(set(flat)) == 4 * 3 * 30
    assert all(numbers == sorted(numbers) for numbers in drawn)


async def test_what_stays_unused_is_dealt_next_and_a_restart_leaves_a_gap(database: str) -> None:
    numbers = Numbers()
    first = await numbers.draw("ticket", 3)
    numbers.return_unused("ticket", first[1:])

    assert await numbers.draw("ticket", 2) == first[1:]
    assert (await Numbers().draw("ticket", 1))[0] == first[0] + BLOCK
    assert len(await query('SELECT "name" FROM "counter"', [])) == 1
