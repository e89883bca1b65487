"""A schema that exists only to be altered while its tables hold rows."""
