"""Where a browser is, as much as tells two people apart and no more: a keyed hash of network and browser."""

from core.keys import SigningKeys

# In this order: Edge and Opera call themselves Chrome, too, and Chrome calls itself Safari.
_BROWSERS = ("Edg", "OPR", "SamsungBrowser", "Firefox", "FxiOS", "CriOS", "Chrome", "Safari")
_SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "CrOS", "Mac OS X", "Linux")


def place_of(network: str, user_agent: str, signing: SigningKeys) -> str:
    """The hash kept with a session (LGPD art. 13 §4: a pseudonym, which tells nobody the address).

    `network` is the peer's household, empty behind a proxy on this machine: its headers are believed by
    nobody (W12), so that there the browser alone counts.
    """
    return signing.pseudonym(f"place {network} {family_of(user_agent)}")


def family_of(user_agent: str) -> str:
    """Which browser on which system: without versions, which change by themselves."""
    browser = next((each for each in _BROWSERS if f"{each}/" in user_agent), "other")
    system = next((each for each in _SYSTEMS if each in user_agent), "other")
    return f"{browser} {system}"
