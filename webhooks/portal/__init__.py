"""The pages for people of a customer's organization: what they decide themselves, and nothing of tickets."""

from webhooks.portal import administrator_changes, colleagues, entry, inviting, people, person

routes = [
    *entry.routes, *people.routes, *person.routes, *inviting.routes, *colleagues.routes,
    *administrator_changes.routes,
]  # fmt: skip
