"""The pages for people: the door, the agents' console, and the outbox of a demo."""

from webhooks.console import door, outbox, quarantine, received, sending, ticket, worklist

routes = [
    *door.routes, *worklist.routes, *ticket.routes, *sending.routes, *quarantine.routes, *received.routes,
    *outbox.routes,
]  # fmt: skip
