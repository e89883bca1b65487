"""The pages of one's own account: passwords, the second factor, sessions, and signs that one is shared."""

from webhooks.account import alerts, begin, code, factor, forgot, overview, password

routes = [
    *code.routes, *forgot.routes, *begin.routes, *overview.routes, *password.routes, *factor.routes, *alerts.routes,
]  # fmt: skip
