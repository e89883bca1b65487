"""What was refused, without its content (INTERFACES.md §5)."""

from core.tickets.tables import Intake


async def list_refusals(limit: int = 200) -> list[dict[str, object]]:
    """The newest refusals: when, by which channel, why and how large."""
    rows = await Intake.filter(outcome="refused").order_by("-received_at").limit(limit)
    return [
        {"at": row.received_at.isoformat(), "channel": row.channel, "reason": row.reason, "size": row.size}
        for row in rows
    ]
