"""How a command prints rows: JSON for programs, aligned columns for people."""

import json
from collections.abc import Mapping, Sequence


def print_json(value: object) -> None:
    """One JSON text on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_rows(rows: Sequence[Mapping[str, object]], *, as_json: bool) -> None:
    """The rows as one JSON array, or as a table with the keys of the first as its head."""
    if as_json:
        print_json(rows)
    elif rows:
        print_table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        print("none")


def print_row(row: Mapping[str, object], *, as_json: bool) -> None:
    """One row as a JSON object, or a line for each key."""
    if as_json:
        print_json(row)
    else:
        print_table(None, [[key, value] for key, value in row.items()])


def print_table(head: Sequence[str] | None, rows: Sequence[Sequence[object]]) -> None:
    """Columns as wide as their widest cell."""
    lines = [[_cell(value) for value in row] for row in rows]
    if head is not None:
        lines.insert(0, [name.upper() for name in head])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        value = [f"{key}:{each}" for key, each in value.items()]
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value) or "-"
    # A name that came by mail must not move the cursor of whoever reads it.
    return "".join(character if character.isprintable() else "\ufffd" for character in str(value))
