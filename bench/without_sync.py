"""The portal's own command over an embedded database that never waits for the disk: what durability costs.

For the measurement alone. A power cut would lose answers, so the portal itself has no such setting.
"""

from __future__ import annotations

from portal.cli import main
from portal.core import db

if __name__ == "__main__":
    quick = tuple(
        "PRAGMA synchronous=OFF" if one.startswith("PRAGMA synchronous") else one
        for one in db._ON_CONNECT  # noqa: SLF001 -- the one thing that is measured without
    )
    vars(db)["_ON_CONNECT"] = quick
    main()
