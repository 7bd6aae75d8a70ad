"""The portal's own command over an embedded database that never waits for the disk: what durability costs.

For the measurement alone. A power cut would lose answers, so the portal itself has no such setting.
"""

from __future__ import annotations

from portal.cli import main
from portal.core import db
from portal.core.durable import Durable

_CARELESS = "PRAGMA synchronous=OFF"


def _at_once(self: Durable) -> None:
    """Wait for nothing."""


if __name__ == "__main__":
    quick = tuple(
        _CARELESS if one.startswith("PRAGMA synchronous") else one
        for one in db._ON_CONNECT  # noqa: SLF001 -- the one thing that is measured without
    )
    vars(db)["_ON_CONNECT"], vars(db)["_WAITS_LATER"] = quick, _CARELESS
    Durable.wait = _at_once  # type: ignore[method-assign]
    main()
