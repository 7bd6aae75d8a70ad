"""The composition root: settings, engine, walls, subscriptions, blueprints. Everything meets here only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import Babel
from flask_sqlalchemy import SQLAlchemy
from jinja2 import StrictUndefined

from portal.cases import models as _cases
from portal.certification import handlers as of_certification
from portal.certification import models as _certification
from portal.channels import models as _channels
from portal.core.bus import Bus
from portal.core.clock import SystemClock
from portal.core.crypto import Keys, Tokens
from portal.core.db import Database
from portal.core.languages import DEFAULT
from portal.core.outage import engine_options
from portal.core.passwords import CHEAP, STRONG, Hasher
from portal.core.paths import STATIC, TEMPLATES, TRANSLATIONS
from portal.core.schema import Base
from portal.notifications import handlers as of_notifications
from portal.notifications import models as _notifications
from portal.people import models as _people
from portal.protection import models as _protection
from portal.questionnaires import models as _questionnaires
from portal.records import models as _records
from portal.tenancy import models as _tenancy
from portal.web import (
    account,
    actions,
    activity,
    alarm_words,
    bodies,
    campaigns,
    case_entry,
    case_learning,
    case_people,
    case_receipt,
    case_sheet,
    cases,
    chart_pictures,
    checklist,
    codes,
    components,
    dashboard,
    doors,
    earlier,
    errors,
    follow,
    forgotten,
    front,
    given,
    guides,
    local_questions,
    metrics,
    minutes,
    network,
    network_questions,
    observations,
    operators,
    paper_form,
    papers,
    partner,
    people,
    points,
    printing,
    protection,
    questionnaires,
    records,
    responses,
    retention,
    reviews,
    rights,
    scans,
    security,
    settings,
    sheet_typing,
    sign_in,
    start,
    statement,
    survey,
    tablet,
    thanks,
    watch,
)
from portal.web.dispatch import Portal, check_hooks
from portal.web.guard import check_marks
from portal.web.house import KEY, House

if TYPE_CHECKING:
    from flask import Flask

    from portal.core.clock import Clock
    from portal.core.config import Config

_PEPPER = "pepper"
BLUEPRINTS = (
    sign_in.bp,
    start.bp,
    checklist.bp,
    account.bp,
    forgotten.bp,
    people.bp,
    dashboard.bp,
    actions.bp,
    reviews.bp,
    minutes.bp,
    observations.bp,
    campaigns.bp,
    thanks.bp,
    survey.bp,
    front.bp,
    given.bp,
    guides.bp,
    operators.bp,
    metrics.bp,
    network.bp,
    network_questions.bp,
    local_questions.bp,
    doors.bp,
    follow.bp,
    partner.bp,
    case_entry.bp,
    case_receipt.bp,
    sheet_typing.bp,
    paper_form.bp,
    bodies.bp,
    alarm_words.bp,
    case_learning.bp,
    cases.bp,
    case_people.bp,
    codes.bp,
    printing.bp,
    questionnaires.bp,
    responses.bp,
    settings.bp,
    records.bp,
    activity.bp,
    earlier.bp,
    retention.bp,
    protection.bp,
    rights.bp,
    papers.bp,
    chart_pictures.bp,
    case_sheet.bp,
    points.bp,
    statement.bp,
    components.bp,
)
SLICES = (
    _tenancy,
    _people,
    _channels,
    _questionnaires,
    _cases,
    _records,
    _notifications,
    _certification,
    _protection,
)
"""Their models are one schema: a foreign key finds its table only when every slice is there."""


def compose(config: Config, *, clock: Clock | None = None) -> tuple[Flask, Database]:
    """The application and its database, ready to serve; the schema is brought up by `portal db upgrade`."""
    clock = clock or SystemClock()
    app = Portal("portal", template_folder=str(TEMPLATES), static_folder=str(STATIC))
    app.config.update(
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(config.database_url),
        BABEL_DEFAULT_LOCALE=DEFAULT,
        BABEL_TRANSLATION_DIRECTORIES=str(TRANSLATIONS),
        BABEL_DOMAIN="portal",
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Babel(app)
    keys = Keys(config.secret_key, config.secret_key_old)
    database = _database(app, clock, keys)
    hasher = Hasher(
        CHEAP if config.cheap_hashes else STRONG, keys.sub(_PEPPER), old_pepper=keys.old_sub(_PEPPER)
    )
    app.extensions[KEY] = House(config, database, clock, keys, Tokens(keys), hasher)
    watch.register(app)
    errors.register(app)
    security.register(app)
    tablet.register(app)
    scans.register(app, database)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    check_marks(app)
    metrics.register(app, database)
    check_hooks(app)
    return app, database


def _database(app: Flask, clock: Clock, keys: Keys) -> Database:
    """The engine that Flask-SQLAlchemy made of our own base class, with the walls put in place."""
    db = SQLAlchemy(model_class=Base, disable_autonaming=True)
    db.init_app(app)
    # It would end its own session after each request: units have theirs, and end them.
    app.teardown_appcontext_funcs.clear()
    bus = Bus()
    for event, handler in (*of_certification.SUBSCRIPTIONS, *of_notifications.SUBSCRIPTIONS):
        bus.subscribe(event, handler)
    with app.app_context():
        return Database(db.engine, clock=clock, bus=bus, keys=keys)
