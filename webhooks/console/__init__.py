"""The pages for people: the door, the agents' console, and the outbox of a demo."""

from webhooks.console import door, outbox, quarantine, received, ticket, worklist

routes = [
    *door.routes, *worklist.routes, *ticket.routes, *quarantine.routes, *received.routes, *outbox.routes,
]  # fmt: skip
