"""How often the same one may come, told by a clock of the test's own."""

import pytest

from gateway.ingest import rates
from gateway.ingest.rates import LimitReached, Rates, Span

USUAL = (Span(50, 60), Span(120, 300), Span(600, 3_600))


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def taken(many: Rates, key: str = "ana", spans: tuple[Span, ...] = USUAL, at_most: int = 10_000) -> int:
    """How many are taken until one is not."""
    for number in range(at_most):
        try:
            many.take({key: spans})
        except LimitReached:
            return number
    return at_most


@pytest.mark.parametrize(
    ("waits", "takes"),
    [
        pytest.param([], [50], id="at once"),
        pytest.param([60], [50, 50], id="a minute later as many again"),
        pytest.param([6], [50, 5], id="a tenth of a minute later a tenth"),
        pytest.param([60, 60], [50, 50, 50], id="the third minute"),
        pytest.param([60, 60, 60], [50, 50, 50, 42], id="until five minutes' measure is full"),
        pytest.param([3_600], [50, 50], id="an hour later"),
        pytest.param([-50], [50, 0], id="X15 a clock that steps back gives nothing"),
    ],
)
def test_IN15_each_span_holds_for_itself(clock, waits, takes):
    many = Rates(clock)
    found = [taken(many)]
    for seconds in waits:
        clock.now += seconds
        found.append(taken(many))

    assert found == takes


def test_IN15_an_hours_measure_holds_whatever_the_minutes_allow(clock):
    many = Rates(clock)
    found = 0
    for _ in range(60):
        found += taken(many)
        clock.now += 60

    assert 600 <= found <= 1_200


def test_one_that_is_turned_away_uses_up_nothing(clock):
    many = Rates(clock)
    for _ in range(10):
        with pytest.raises(LimitReached):
            many.take({"total": (Span(1, 60),), "sender": (Span(0.5, 60),)})

    many.take({"total": (Span(1, 60),)})


def test_one_sender_at_his_limit_is_no_other_senders_trouble(clock):
    many = Rates(clock)
    taken(many)

    assert taken(many, "carla") == 50


def test_it_tells_when_to_come_again(clock):
    many = Rates(clock)
    taken(many, spans=(Span(2, 60),))
    with pytest.raises(LimitReached) as limited:
        many.take({"ana": (Span(2, 60),)})
    clock.now += limited.value.retry_after

    assert limited.value.retry_after == 30
    assert taken(many, spans=(Span(2, 60),)) == 1


def test_L09_ten_thousand_senders_take_bounded_memory(clock, monkeypatch):
    monkeypatch.setattr(rates, "MAX_KEYS", 100)
    many = Rates(clock)
    for number in range(1_000):
        many.take({f"sender-{number}": USUAL})

    assert len(many._buckets) == 100
