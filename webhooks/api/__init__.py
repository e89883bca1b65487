"""The face for programs: `/api/v1/…`, and how the process is doing."""

from webhooks.api import (
    acts,
    administrator_changes,
    attachments,
    audit,
    entries,
    health,
    identities,
    merges,
    organizations,
    participants,
    policy,
    quarantine,
    raw,
    sending,
    tickets,
    users,
)

# `entries` stands before `acts`, whose last route takes every other name.
routes = [
    *health.routes, *policy.routes, *tickets.routes, *entries.routes, *sending.routes, *participants.routes,
    *acts.routes, *quarantine.routes, *attachments.routes, *raw.routes, *administrator_changes.routes,
    *organizations.routes, *users.routes, *identities.routes, *audit.routes, *merges.routes,
]  # fmt: skip
