"""Who may speak: organizations, persons, agents, their identities, tokens and sessions."""
