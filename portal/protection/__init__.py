"""What is kept how long, what was destroyed, and what people may ask for."""
