"""The statements of a resident's answer, prepared once: what they touch, and by which keys.

Three requests of an opinion run eight of them, so their text is worked out when the module is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select, update

from portal.core.schema import table_of
from portal.core.wall import Walled
from portal.questionnaires.models import Answer, AnswerText, Response, RollupMonth

if TYPE_CHECKING:
    from sqlalchemy import Table

_response = table_of(Response)
_answer = table_of(Answer)
_text = table_of(AnswerText)
_rollup = table_of(RollupMonth)


def _same(table: Table, *columns: str) -> Any:
    """The condition that these columns equal the parameters `key_<column>`."""
    return [table.c[column] == bindparam(f"key_{column}") for column in columns]


PLACE = ("site_id", "code_id", "team_id", "agreement_id")
_OPEN = select(*(_response.c[name] for name in ("id", "finished", "day", "mode", *PLACE)))

ADD_RESPONSE = Walled(insert(_response), key=("structure_id", "submit_key"), ignore=True)
SEE_RESPONSE = Walled(select(_response.c.id, _response.c.finished).where(*_same(_response, "submit_key")))
SEE_CHOICES = Walled(
    select(_response.c.id, _response.c.finished, _answer.c.item_id, _answer.c.choice)
    .select_from(
        _response.join(
            _answer,
            (_answer.c.structure_id == _response.c.structure_id) & (_answer.c.response_id == _response.c.id),
        )
    )
    .where(*_same(_response, "submit_key"))
)
FIND_RESPONSE = Walled(_OPEN.where(*_same(_response, "submit_key")).with_for_update())
FINISH = Walled(update(_response).where(*_same(_response, "id")).values(finished=True))
FIND_ANSWER = Walled(select(_answer.c.choice).where(*_same(_answer, "response_id", "item_id")))
ADD_ANSWER = Walled(insert(_answer))
CHANGE_ANSWER = Walled(
    update(_answer).where(*_same(_answer, "response_id", "item_id")).values(choice=bindparam("new_choice"))
)
DROP_ANSWER = Walled(delete(_answer).where(*_same(_answer, "response_id", "item_id")))
FIND_TEXT = Walled(
    select(_text.c.key_wrapped, _text.c.body_sealed).where(*_same(_text, "response_id", "item_id"))
)
ADD_TEXT = Walled(insert(_text))
DROP_TEXT = Walled(delete(_text).where(*_same(_text, "response_id", "item_id")))
COUNT = Walled(
    insert(_rollup),
    key=("structure_id", "item_id", "meaning_rev", "month", "site_id", "code_id", "choice", "assisted"),
    add=("n",),
)

DROP_RESPONSE = Walled(delete(_response).where(*_same(_response, "id")))
_SHEET = select(
    *(_response.c[name] for name in ("id", "version_id", "finished", "day", "mode", "entered_at", *PLACE))
).where(*_same(_response, "id"))
SEE_SHEET = Walled(_SHEET)
LOCK_SHEET = Walled(_SHEET.with_for_update())
"""A response by its id, as it is taken back: by one press at a time, for its counts are subtracted."""
SEE_ANSWERS = Walled(select(_answer.c.item_id, _answer.c.choice).where(*_same(_answer, "response_id")))
DROP_ANSWERS = Walled(delete(_answer).where(*_same(_answer, "response_id")))
DROP_TEXTS = Walled(delete(_text).where(*_same(_text, "response_id")))
