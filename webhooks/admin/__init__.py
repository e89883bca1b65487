"""The pages of the desk's admin."""

from webhooks.admin import audit

routes = [*audit.routes]
