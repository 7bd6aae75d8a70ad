"""What can go wrong in the house, as facts.

An error carries what happened, never prose: `portal.web.errors` holds the one table from error to status,
sentence and next step. This module knows no word of HTTP.
"""


class PortalError(Exception):
    """Root of every refusal of ours; `fact` is a short stable name, `facts` the values around it."""

    def __init__(self, fact: str = "", **facts: object) -> None:
        super().__init__(fact, facts)
        self.fact = fact
        self.facts = facts

    def __str__(self) -> str:
        details = ", ".join(f"{name}={value!r}" for name, value in sorted(self.facts.items()))
        return f"{self.fact} ({details})" if details else self.fact


class NotFound(PortalError):
    """There is no such thing for this reader: unknown and foreign look the same."""


class Refused(PortalError):
    """The thing exists and the rule says no: a right is missing, a step is not allowed now."""


class Invalid(PortalError):
    """What was given cannot be used; `fact` names the field."""


class Conflict(PortalError):
    """Somebody else changed it first (a stale page)."""


class Retired(PortalError):
    """It existed and was withdrawn: a retired code."""


class Expired(PortalError):
    """It was good once: a token, an invitation."""


class Tampered(PortalError):
    """A token or a sealed text that this server did not make, or not for this place."""


class Throttled(PortalError):
    """Too many tries; `facts["seconds"]` says how long to wait."""


class Unscoped(PortalError):
    """A statement tried to pass the wall without a scope, or around it. Always a fault of ours."""
