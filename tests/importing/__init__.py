"""Reading archives of mail."""
