"""How fast the portal is, as ratios to a bare application that stores the same: run by `make bench`.

Nothing here is shipped. The portal is served by its own command and measured from outside: no part of it
knows that it is being measured.
"""
