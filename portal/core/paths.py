"""Where the data folders are: at the top of a checkout, inside the package in a wheel."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
_SHIPPED = PACKAGE / "_data"
_ROOT = _SHIPPED if _SHIPPED.is_dir() else PACKAGE.parent

TEMPLATES = _ROOT / "templates"
TRANSLATIONS = _ROOT / "translations"
MIGRATIONS = _ROOT / "migrations"
GUIDES = _ROOT / "docs" / "guides"
STATIC = PACKAGE / "static"
