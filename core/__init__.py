"""The office: people, rules and tickets. It speaks no wire protocol."""
