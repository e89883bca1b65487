"""Merging two rows that are one person, for programs, and undoing it."""

from typing import Any

from aiohttp import web

from core import clock
from core.decision import Reason
from core.errors import Refused
from core.people import person_rows
from core.people.tables import PersonMerge
from core.tickets import joining_persons, parting_persons
from webhooks.api.bodies import parse_body
from webhooks.api.managing import known_number, managed_organization, managed_person, number_of
from webhooks.api.people_bodies import MergeBody
from webhooks.counter import counter_of, language_of
from webhooks.json_body import read_json

routes = web.RouteTableDef()


@routes.post("/api/v1/organizations/{id}/users/{user_id}/merge")
async def merge(request: web.Request) -> web.Response:
    """Merge the person of the path into another of his organization."""
    actor, person = await managed_person(request)
    body = parse_body(MergeBody, await read_json(request), language_of(request))

    merged = await joining_persons.merge(person.id, known_number(str(body.into)), actor, clock.now())

    return web.json_response(_row(merged))


@routes.get("/api/v1/organizations/{id}/merges")
async def list_all(request: web.Request) -> web.Response:
    """The merges of the organization's people, newest first."""
    _, organization = await managed_organization(request)
    merges = await PersonMerge.filter(person__organization_id=organization.id).order_by("-id")
    return web.json_response({"items": [_row(each) for each in merges], "next": None})


@routes.post("/api/v1/organizations/{id}/merges/{merge_id}/undo")
async def undo(request: web.Request) -> web.Response:
    """Part them again; answers the person who is himself once more."""
    actor, organization = await managed_organization(request)
    merged = await parting_persons.merge_by_id(number_of(request, "merge_id"))
    if merged.person.organization_id != organization.id:
        raise Refused(Reason.NOT_FOUND)

    person = await parting_persons.undo(merged.id, counter_of(request).office.profile, actor, clock.now())

    return web.json_response(await person_rows.row(person))


def _row(merged: PersonMerge) -> dict[str, Any]:
    undone_at = merged.undone_at
    return {
        "id": merged.id, "user": merged.person_id, "into": merged.into_id, "merged_at": merged.merged_at.isoformat(),
        "undone_at": undone_at.isoformat() if undone_at else None,
    }  # fmt: skip
