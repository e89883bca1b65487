"""The pages for people of a customer's organization: what they decide themselves, and nothing of tickets."""

from webhooks.portal import entry

routes = [*entry.routes]
