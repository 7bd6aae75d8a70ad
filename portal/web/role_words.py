"""How a role is told: what it opens in one line, derived from the table of permissions, so always true."""

from __future__ import annotations

from babel.lists import format_list
from flask_babel import get_locale, gettext

from portal.people.rules import PERMISSION_LABELS, PERMISSIONS, Permission, Role


def told_permissions(role: Role) -> str:
    """What a role opens, in one line, in the order of the labels; "everything" where nothing is left out."""
    held = PERMISSIONS[role].may
    if held == frozenset(Permission):
        return str(gettext("everything"))
    labels = [str(gettext(label)) for permission, label in PERMISSION_LABELS.items() if permission in held]
    return format_list([label[:1].lower() + label[1:] for label in labels], locale=get_locale())
