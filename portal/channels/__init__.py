"""The ways in: codes on cards, badges and posters, their squares, and what is counted of them."""
