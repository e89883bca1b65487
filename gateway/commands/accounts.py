"""What commands do to accounts of agents and users alike."""

from core.keys import SigningKeys
from core.people import inviting
from core.people.owners import Owner
from gateway.commands.at_hand import AtHand


async def invite(owner: Owner, at: AtHand) -> None:
    """Queue the letter; the dispatchers of the serving processes find it within a second."""
    await inviting.invite(owner, SigningKeys(at.settings.secret_key), at.now, at.actor)
