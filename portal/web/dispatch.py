"""How a request goes through Flask here: past what any extension might have hung on its way, and nobody has.

Flask asks at every request for hooks of the view's blueprint, for listeners of signals, for a session and for
coroutines. Here hooks before and after a request stand at the application alone, and `check_hooks` refuses
what would not be called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask
from flask.sessions import NullSession, SessionInterface

from portal.web.house import this_request
from portal.web.matching import Finder, Way, Ways

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Request, Response
    from flask.sessions import SessionMixin
    from flask.typing import ResponseReturnValue
    from werkzeug.exceptions import HTTPException
    from werkzeug.routing import MapAdapter

_HOOKS = (
    "before_request_funcs",
    "after_request_funcs",
    "teardown_request_funcs",
    "url_value_preprocessors",
)
_NEVER = ("teardown_request_funcs", "url_value_preprocessors")
"""Hooks of which the application itself has none."""


class _NoSession(SessionInterface):
    """No session of Flask's: who is signed in stands in a row of the database, and residents have none."""

    def __init__(self) -> None:
        self._none = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:  # noqa: ARG002 -- Flask's signature
        """The same nothing for everybody: it refuses to be written."""
        return self._none

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Nothing."""


class Portal(Flask):
    """Flask, by the shortest way that every request still passes."""

    session_interface = _NoSession()
    url_map_class = Ways
    url_rule_class = Way
    url_map: Ways

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: no view and no hook is a coroutine."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """What finds the view of a request; None without one, for no address is made then."""
        return None if request is None else Finder(self.url_map, request)

    def full_dispatch_request(self) -> Response:
        """The answer to the request under way, whatever goes wrong on its way."""
        if not self._got_first_request:
            check_hooks(self)
            self._got_first_request = True  # from now on Flask refuses what would be added to it
        answer: Any
        try:
            answer = self.preprocess_request()
            if answer is None:
                answer = self.dispatch_request()
        except Exception as fault:  # noqa: BLE001 -- the table of errors tells which
            answer = self.handle_user_exception(fault)
        return self.finalize_request(answer)

    def preprocess_request(self) -> ResponseReturnValue | None:
        """Let the application's own hooks refuse the request."""
        answer: Any = None
        for hook in self.before_request_funcs[None]:
            answer = hook()
            if answer is not None:
                break
        return answer  # type: ignore[no-any-return]  # whatever a hook gives

    def dispatch_request(self) -> ResponseReturnValue:
        """What the view gives. Raises what it raises, and what matching has found wrong."""
        asked = this_request()
        if asked.url_rule is None or asked.method == "OPTIONS":
            return super().dispatch_request()
        view: Callable[..., Any] = self.view_functions[asked.url_rule.endpoint]
        return view(**asked.view_args or {})  # type: ignore[no-any-return]  # whatever a view gives

    def finalize_request(
        self,
        rv: ResponseReturnValue | HTTPException,
        from_error_handler: bool = False,  # noqa: FBT001, FBT002 -- Flask's signature
    ) -> Response:
        """The response, once it has passed the application's hooks."""
        if from_error_handler or not isinstance(rv, self.response_class):
            return super().finalize_request(rv, from_error_handler)
        return self.process_response(rv)

    def process_response(self, response: Response) -> Response:
        """The response after the application's hooks, the last one that was registered first."""
        for hook in reversed(self.after_request_funcs[None]):
            response = hook(response)
        return response

    def do_teardown_request(self, exc: BaseException | None = None) -> None:
        """Nothing: no hook waits for the end of a request."""

    def do_teardown_appcontext(self, exc: BaseException | None = None) -> None:
        """Nothing: no hook waits for the end of a context."""


def check_hooks(app: Flask) -> None:
    """Nothing. Raises `RuntimeError` for a hook that `Portal` would not call."""
    if app.teardown_appcontext_funcs:
        raise RuntimeError("teardown_appcontext_funcs are never called")
    for name in _HOOKS:
        for scope, hooks in getattr(app, name).items():
            if hooks and (scope is not None or name in _NEVER):
                raise RuntimeError(f"{name} of {scope or 'the application'} are never called")
