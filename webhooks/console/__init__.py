"""The pages for people: the door, the agents' console, and the outbox of a demo."""

from webhooks.console import (
    administrator_change,
    door,
    entry_html,
    outbox,
    participants,
    quarantine,
    received,
    revealing,
    sending,
    ticket,
    worklist,
)

routes = [
    *door.routes, *worklist.routes, *ticket.routes, *entry_html.routes, *sending.routes, *quarantine.routes,
    *received.routes, *outbox.routes, *administrator_change.routes, *revealing.routes, *participants.routes,
]  # fmt: skip
