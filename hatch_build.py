"""Compile translation catalogues when a wheel is built, so that `.mo` files are never committed."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileCatalogues(BuildHookInterface):  # type: ignore[misc,type-arg,unused-ignore]  # hatchling may be absent
    """Writes one `portal.mo` beside each `portal.po`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Compile every catalogue under `translations/`."""
        for source in sorted(Path(self.root, "translations").glob("*/LC_MESSAGES/portal.po")):
            with source.open("rb") as lines:
                catalogue = read_po(lines, locale=source.parts[-3])
            with source.with_suffix(".mo").open("wb") as compiled:
                write_mo(compiled, catalogue)
