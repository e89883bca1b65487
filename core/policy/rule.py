"""What a rule of admission is: a small named pure function that stops a message, or lets it pass."""

from collections.abc import Callable

from core.decision import Reason, Verdict
from core.message import InboundMessage
from core.profile import Profile

Stop = tuple[Verdict, Reason]
Rule = Callable[[InboundMessage, Profile], Stop | None]
