"""The pages for people: the door, the agents' console, and the outbox of a demo."""

from webhooks.console import door, outbox, ticket, worklist

routes = [*door.routes, *worklist.routes, *ticket.routes, *outbox.routes]
