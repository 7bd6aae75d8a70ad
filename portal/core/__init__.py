"""The ground: database, clock, settings, languages; it knows no word of the trade."""
