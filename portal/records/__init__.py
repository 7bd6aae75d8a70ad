"""What a structure wrote down before it had the portal, or beside it: registers, counts, results."""
