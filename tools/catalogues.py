"""The catalogues of translations: collect the sentences, compile them, refuse what is incomplete.

Run by `dev.py` with the Python of `.venv`, because it needs Babel. Knows the folder `translations/` and where
sentences are written, nothing of the portal. Catalogues carry no date and no line number, so that a change of
one sentence is a change of a few lines.
"""

from __future__ import annotations

import io
import re
import sys
from configparser import ConfigParser
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from babel.messages.catalog import Message

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "translations"
TEMPLATE = FOLDER / "portal.pot"
MAPPING = FOLDER / "babel.cfg"
SOURCE_LANGUAGE = "en"
KEYWORDS = {**DEFAULT_KEYWORDS, "_": None, "N_": None, "lazy_gettext": None, "pgettext": ((1, "c"), 2)}
COMMENT_TAGS = ("TRANSLATORS:",)
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z]")
BREAKABLE = {"fr": re.compile(r" [?:;!»%]|« ")}
"""Where a line must not end, by language: French sets a blank that does not break before these signs."""


def extracted() -> Catalog:
    """Every sentence marked in code and templates, in no order; empty if nothing is marked."""
    mapping = ConfigParser()
    mapping.read(MAPPING, encoding="utf-8")
    found = Catalog(charset="utf-8", fuzzy=False)
    for section in mapping.sections():
        method, pattern = (part.strip() for part in section.split(":", 1))
        folder, _, files = pattern.partition("/")
        if not (ROOT / folder).is_dir():
            continue
        for _file, _line, message, comments, context in extract_from_dir(
            ROOT / folder,
            method_map=[(files, method)],
            options_map={files: dict(mapping[section])},
            keywords=KEYWORDS,
            comment_tags=COMMENT_TAGS,
            strip_comment_tags=True,
        ):
            found.add(message, auto_comments=comments, context=context)
    return found


def catalogues() -> Iterator[tuple[str, Path]]:
    """Each language with the path of its catalogue, in the order of the languages' tags."""
    for path in sorted(FOLDER.glob("*/LC_MESSAGES/portal.po")):
        yield path.parts[-3], path


def read(path: Path, language: str | None = None) -> Catalog:
    """The catalogue in a file. Raises `PoFileError` with the line if it is malformed."""
    with path.open("rb") as lines:
        return read_po(lines, locale=language, charset="utf-8", abort_invalid=True)


def _body(catalogue: Catalog) -> str:
    written = io.BytesIO()
    write_po(
        written,
        catalogue,
        width=0,
        no_location=True,
        omit_header=True,
        sort_output=True,
        ignore_obsolete=True,
    )
    return written.getvalue().decode()


def update() -> list[str]:
    """Rewrite template and catalogues after the sources; what is new stays empty, English repeats it."""
    TEMPLATE.write_text(_body(extracted()), encoding="utf-8")
    for language, path in catalogues():
        header, _, _rest = path.read_text(encoding="utf-8").partition("\n\n")
        catalogue = read(path, language)
        catalogue.update(read(TEMPLATE), no_fuzzy_matching=True, update_creation_date=False)
        if language == SOURCE_LANGUAGE:
            for message in _sentences(catalogue):
                message.string = message.string if _is_complete(message) else message.id
        path.write_text(f"{header}\n\n{_body(catalogue)}", encoding="utf-8")
        empty = sum(not _is_complete(message) for message in _sentences(catalogue))
        sys.stdout.write(f"{language}: {len(catalogue)} sentences, {empty} to translate\n")
    return []


def compile_all() -> list[str]:
    """Write each catalogue's `.mo` beside it; fuzzy sentences are left out."""
    for language, path in catalogues():
        with path.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, read(path, language))
    return []


def check() -> list[str]:
    """Every fault of template and catalogues as one line; empty if all is well."""
    found = {_key(message) for message in _sentences(extracted())}
    template = {_key(message) for message in _sentences(read(TEMPLATE))}
    faults = [f"portal.pot lacks {_shown(key)}: run make messages" for key in sorted(found - template)]
    faults += [f"portal.pot keeps {_shown(key)}: run make messages" for key in sorted(template - found)]
    for language, path in catalogues():
        catalogue = read(path, language)
        held = {_key(message) for message in _sentences(catalogue)}
        faults += [f"{language} lacks {_shown(key)}: run make messages" for key in sorted(template - held)]
        faults += [f"{language} keeps {_shown(key)}: run make messages" for key in sorted(held - template)]
        for message in _sentences(catalogue):
            faults += [
                f"{language}: {fault}: {_shown(_key(message))}" for fault in _faults(message, catalogue)
            ]
    return faults


def _faults(message: Message, catalogue: Catalog) -> Iterable[str]:
    if not _is_complete(message):
        return ["not translated"]
    faults = ["fuzzy"] if message.fuzzy else []
    faults += [str(error) for error in message.check(catalogue)]
    asked, given = _placeholders(message.id), _placeholders(message.string)
    if set(chain(*asked)) != set(chain(*given)) or (len(asked) == 1 and asked != given):
        faults.append("placeholders differ")
    breakable = BREAKABLE.get(str(catalogue.locale_identifier))
    if breakable and any(breakable.search(form.replace("%(", "(")) for form in _forms(message.string)):
        faults.append("a line could end before a sign: set a blank that does not break (U+00A0)")
    return faults


def _placeholders(text: object) -> list[list[str]]:
    """The placeholders of each form, sorted; a plural form such as "one message" may leave its number out."""
    return [sorted(PLACEHOLDER.findall(form.replace("%%", ""))) for form in _forms(text)]


def _forms(text: object) -> list[str]:
    return (
        [text]
        if isinstance(text, str)
        else [str(form) for form in text]
        if isinstance(text, tuple | list)
        else []
    )


def _is_complete(message: Message) -> bool:
    forms = _forms(message.string)
    return bool(forms) and all(forms)


def _sentences(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def _key(message: Message) -> tuple[str, ...]:
    return (message.context or "", *_forms(message.id))


def _shown(key: tuple[str, ...]) -> str:
    return f"“{key[1]}”"


VERBS: dict[str, Callable[[], list[str]]] = {"update": update, "compile": compile_all, "check": check}


def main(arguments: list[str]) -> int:
    """0 done, 1 with one line per fault, 2 for an unknown verb."""
    verb = VERBS.get(arguments[0]) if len(arguments) == 1 else None
    if verb is None:
        sys.stderr.write(f"usage: catalogues.py {'|'.join(VERBS)}\n")
        return 2
    faults = verb()
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
