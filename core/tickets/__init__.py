"""The matters themselves: filing what comes in, and one file for each thing done to a ticket."""
