"""The rules of the house, pure: may this message come in, may this person touch this ticket?"""
