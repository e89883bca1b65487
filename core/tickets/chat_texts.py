"""What a delivery says in a chat; pure."""

from core.decision import Reason
from core.deliveries import DeliveryKind
from core.policy.reasons import public_text as reason_text
from core.texts import tr
from core.tickets.letters import Facts, PostOffice, public_text

LINKED = "linked"
LINK_REFUSED = "link_refused"
_CODES = {
    LINKED: "This chat is linked to you now. What you write here reaches {desk}.",
    LINK_REFUSED: "This code is unknown or too old. Ask {desk} for a new one.",
}


def write_chat_text(facts: Facts, post: PostOffice) -> str:
    """The text of `facts`. ValueError where an internal entry would reach a customer."""
    kind = DeliveryKind(facts.delivery.kind)
    language, desk = post.profile.language, post.profile.title
    if kind is DeliveryKind.CHAT_TEXT:
        code = facts.delivery.detail
        if code in _CODES:
            return tr(language, _CODES[code], desk=desk)
        return reason_text(Reason(code), language, post.profile, facts.delivery.created_at)
    if facts.ticket is None:
        raise ValueError("a delivery without its ticket")
    protocol = facts.ticket.protocol
    if kind is DeliveryKind.ACKNOWLEDGEMENT:
        return tr(language, "We have received your message. Protocol {protocol}.", protocol=protocol)
    text = public_text(facts, kind, post)
    if kind is DeliveryKind.CLOSED:
        return text
    return f"{tr(language, 'Protocol {protocol}', protocol=protocol)}\n\n{text}"
