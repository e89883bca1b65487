"""Flowed text (RFC 3676): lines that end in a space go on in the next one."""


def unflowed(text: str, *, deletes_space: bool = False) -> str:
    """Paragraphs on one line each. Quoted lines stay as they are: who looks for the quotation knows them so."""
    found: list[str] = []
    is_open = False
    for line in text.split("\n"):
        if line.startswith(">"):
            found.append(line)
            is_open = False
            continue
        # RFC 3676 §4.4: a line that begins with a space, `>` or `From ` was given one more space.
        content = line.removeprefix(" ")
        if is_open and content not in ("-- ", "--"):
            found[-1] = (found[-1][:-1] if deletes_space else found[-1]) + content
        else:
            found.append(content)
        # §4.3: two hyphens and a space are a signature's beginning, not a flowed line. Outlook Express
        # writes its separator (`----- Original Message ----- `) with that space as well.
        is_open = content.endswith(" ") and content != "-- " and not content.endswith("--- ")
    return "\n".join(found)
