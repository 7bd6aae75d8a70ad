"""What is printed: cards, badges, stickers and posters as PDF; each square is read back from the file."""
