"""The pages of the desk's admin."""

from webhooks.admin import agent, agents, audit, merging, organization, organizations, overview, simulate
from webhooks.admin.signed_in import ORGANIZATIONS, any_people
from webhooks.portal.inviting import INVITING
from webhooks.portal.managed import below
from webhooks.portal.people import PEOPLE
from webhooks.portal.person import PERSON

_PEOPLE = f"{ORGANIZATIONS}/{{organization}}/people"

# The users of any organization have the pages their own administrator has for them.
routes = [
    *overview.routes, *audit.routes, *agents.routes, *agent.routes, *organizations.routes, *organization.routes,
    *merging.routes, *simulate.routes,
    *below(_PEOPLE, (*PEOPLE, *PERSON, *INVITING), any_people),
]  # fmt: skip
