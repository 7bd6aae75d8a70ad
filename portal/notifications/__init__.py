"""What leaves the house: notices to staff and filers, written to the outbox and sent from it."""
