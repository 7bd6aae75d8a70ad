"""Portevoix: residents and partners are heard, and a certified structure can prove it."""

__version__ = "0.1.0"
