"""What machines ask: alive, ready, and the figures, without anything personal."""

import pytest

from core.errors import Unavailable
from core.queues import Publication
from gateway.brokers.sealed import SealedQueue
from tests.harness.house import House


async def test_a_process_at_work_is_alive_and_ready(house: House) -> None:
    alive, ready = await house.http.get("/healthz"), await house.http.get("/readyz")

    assert (alive.status, ready.status) == (200, 200)
    assert await ready.json() == {"status": "ok", "database": "ok", "queue": "ok"}


async def test_without_its_queue_it_is_alive_but_not_ready(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> list[Publication]:
        raise Unavailable("the broker is away")

    monkeypatch.setattr(SealedQueue, "publish", away)

    alive, ready = await house.http.get("/healthz"), await house.http.get("/readyz")

    assert (alive.status, ready.status) == (200, 503)
    assert (await ready.json())["queue"] == "unavailable"


async def test_metrics_count_requests_by_route_template_and_name_nobody(house: House) -> None:
    ticket = await house.file("CANARIO")
    await house.http.get(f"/api/v1/tickets/{ticket.protocol}?q=ana@org-a.example", headers=await house.agent("clara"))
    await house.http.request("INVENTED", "/api/v1/tickets")

    answer = await house.http.get("/metrics")
    text = await answer.text()

    assert answer.headers["Content-Type"].startswith("text/plain")
    assert 'guiche_http_requests_total{method="GET",route="/api/v1/tickets/{protocol}",status="200"}' in text
    for personal in ("@", "CANARIO", ticket.protocol, "INVENTED", "python_info"):
        assert personal not in text
