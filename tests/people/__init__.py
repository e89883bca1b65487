"""Who may speak: the directory, rights and quotas, and what people prove themselves with."""
