"""The API and the pages, through HTTP and a browser."""
