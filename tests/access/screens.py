"""Every screen of the portal, and how each is come to: filled, empty, after a mistake, when all goes wrong.

The routes come from the application: one that answers a page and has no screen here fails the battery.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import partial
from io import BytesIO
from secrets import token_hex
from typing import TYPE_CHECKING

from access.ground import step
from hostile import OF_TWO_YEARS
from staff import signed_in

from portal.cases.partners import digest_of, partner_token
from portal.certification.actions import Decided, finish, open_action
from portal.people.actions import PersonGiven, invite
from portal.people.forgotten import reset_token
from portal.people.rules import Role
from portal.tenancy.offers import Offered, offer
from portal.web.founding import start_token
from portal.web.guide_text import FRONT, NAMES, path_of
from portal.web.house import house

if TYPE_CHECKING:
    from collections.abc import Callable

    from access.ground import Visitor
    from staff import Colleague
    from werkzeug.test import TestResponse

    Opening = Callable[[Visitor], TestResponse]


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen: the view it shows, the way to it, its status, and its language if that is fixed.

    `only` are the checks it is held to, where not all of them can be.
    """

    endpoint: str
    opened: Opening
    status: int = 200
    language: str | None = None
    only: tuple[str, ...] = ()


WRONG = {"do": "look", "fr-0": "", "ar-0": "هل أعجبتكم القاعة؟", "scale-0": "yes3", "code-0": ""}
"""A question that has no French words."""
DOORS = ("complaint", "request", "concern", "thanks", "idea")


def outside(path: str) -> Opening:
    """A page anybody opens; `{root}` is the entrance by the code, `{lang}` the language."""
    return lambda visitor: visitor.opens(path.format(root=visitor.root, lang=visitor.language))


def on_tablet(path: str) -> Opening:
    """A page on the tablet of a counter."""
    return lambda visitor: visitor.opens(
        f"/t/{visitor.world.lyon.code.code}{path.format(lang=visitor.language)}"
    )


def inside(path: str) -> Opening:
    """A page of Lyon's team."""
    return lambda visitor: visitor.team.client.get(f"/s/passerelle/{path}", follow_redirects=True)


def empty(path: str) -> Opening:
    """The same where nothing has happened yet."""
    return lambda visitor: visitor.newcomer.client.get(f"/s/rive-gauche/{path}", follow_redirects=True)


def unsaid(path: str, **fields: str) -> Opening:
    """A form of the team, sent with nothing in it, or nothing that can be used."""
    return lambda visitor: visitor.team.post(f"/s/passerelle/{path}", **fields)


def question(taps: int, visitor: Visitor) -> TestResponse:
    """The page after so many answers."""
    phone = visitor.phone()
    for answer in ("good", "yes", "no", "little")[:taps]:
        phone.send(answer=answer)
    return phone.page


def sent_empty(rest: str, visitor: Visitor, **fields: str) -> TestResponse:
    """A resident's form, sent without what it needs."""
    return visitor.phone(rest).send(**{"message": "", "receipt": "", **fields})


def receipt(visitor: Visitor) -> TestResponse:
    """The number of a message just sent."""
    return visitor.phone("request").send(message="Bonjour, merci.")


def followed(state: str, visitor: Visitor) -> TestResponse:
    """The resident's page of a message."""
    return visitor.follows(state).page


def reply_empty(visitor: Visitor) -> TestResponse:
    """An empty reply."""
    phone = visitor.follows("asked")
    return phone.client.post(f"{phone.path}/message", data={"token": phone.token, "message": ""})


def wrong_photo(visitor: Visitor) -> TestResponse:
    """A photo that was not chosen."""
    phone = visitor.follows("received")
    return phone.client.post(f"{phone.path}/photo", data={"token": phone.token})


def invitation(visitor: Visitor, *, wrong: bool = False) -> TestResponse:
    """An invitation's page, as it comes or with a password that is too short."""
    with visitor.world.database.transaction(visitor.team.scope) as u:
        who = PersonGiven(f"invite.{token_hex(4)}@p.example", "Noor", Role.SUPERVISOR)
        path = f"/invitations/{invite(u, who)}"
    return visitor.sends(path, password="a") if wrong else visitor.opens(path)


def points(visitor: Visitor, *, text: str = "site\nAnnexe\n") -> TestResponse:
    """What is said of a table of many points."""
    file = (BytesIO(text.encode()), "points.csv")
    return visitor.team.post("/s/passerelle/settings/points", table=file)


def start(visitor: Visitor, *, wrong: bool = False) -> TestResponse:
    """The page that founds a structure, as it comes or with nothing in it."""
    with visitor.world.app.app_context(), visitor.world.database.reading(visitor.team.scope) as u:
        path = f"/start/{start_token(u, house().tokens)}"
    return visitor.sends(path, name="") if wrong else visitor.opens(path)


def new_password(visitor: Visitor, *, wrong: bool = False) -> TestResponse:
    """The page behind the link of a mail."""
    with visitor.world.database.reading(visitor.team.scope) as u:
        path = f"/new-password/{reset_token(u, visitor.team.person_id)}"
    return visitor.sends(path, password="a") if wrong else visitor.opens(path)


def of_two(visitor: Visitor) -> TestResponse:
    """The choice of somebody who works for two structures."""
    email = f"deux.{token_hex(4)}@passerelle.example"
    for where in (visitor.world.lyon, visitor.world.strasbourg):
        who = signed_in(visitor.world, at=where, email=email, name="Sacha", locale=visitor.language)
    return who.get("/structures")


def proposed(visitor: Visitor) -> TestResponse:
    """Getting started, while something that the network proposes waits."""
    given = Offered("#7a3b69", "Printemps", date(2027, 4, 1), date(2027, 4, 30))
    with visitor.world.database.transaction(visitor.team.scope) as u:
        offer(u, given, by=visitor.team.person_id)
    return visitor.team.get("/s/passerelle/start")


def network(visitor: Visitor) -> TestResponse:
    """The network of somebody who leads two structures."""
    return leading(visitor).get("/network?done=reminded")


def network_set(visitor: Visitor, *, wrong: bool = False) -> TestResponse:
    """The set of questions that a network proposes."""
    path = "/network/questionnaire"
    return leading(visitor).post(path, **WRONG) if wrong else leading(visitor).get(path)


def leading(visitor: Visitor) -> Colleague:
    """Somebody who leads two structures."""
    email = f"reseau.{token_hex(4)}@relais.example"
    for where in (visitor.world.lyon, visitor.world.strasbourg):
        who = signed_in(
            visitor.world, Role.NETWORK_LEAD, where, email=email, name="Ana", locale=visitor.language
        )
    return who


def site(visitor: Visitor, *, wrong: bool = False) -> TestResponse:
    """The page of a place."""
    path = f"/s/passerelle/settings/sites/{visitor.world.lyon.site.id}"
    return visitor.team.post(path, name="", zone="", opens="x") if wrong else visitor.team.get(path)


def invite_wrong(visitor: Visitor) -> TestResponse:
    """An invitation for nobody."""
    return visitor.team.post("/s/passerelle/people/invite", name="", email="chez moi", role="mediator")


def planted(visitor: Visitor) -> TestResponse:
    """A case with all there can be."""
    return visitor.team.get(f"/s/passerelle/cases/{visitor.ground.planted.reference}")


def case(state: str, visitor: Visitor) -> TestResponse:
    """The team's page of a case that has come so far."""
    return visitor.team.get(visitor.at_case(state))


def _typed(visitor: Visitor, **fields: str) -> TestResponse:
    """What comes of the form of what somebody said."""
    found = re.search(r'name="token" value="([^"]+)"', visitor.team.get("/s/passerelle/cases/new").text)
    assert found
    return visitor.team.post("/s/passerelle/cases/new", token=found[1], **fields)


def sheet(visitor: Visitor, **fields: str) -> TestResponse:
    """The next sheet of paper of a run; with fields, after one was sent."""
    run = {"code": visitor.world.lyon.code.code, "day": "2027-03-19", "language": "fr", "mode": "paper"}
    page = visitor.team.client.get("/s/passerelle/opinions/key", query_string=run)
    if not fields:
        return page
    found = re.search(r'name="token" value="([^"]+)"', page.text)
    assert found
    sent = visitor.team.post("/s/passerelle/opinions/key", token=found[1], number="3", **run, **fields)
    return visitor.team.get(sent.location) if sent.location else sent


def typed_nothing(visitor: Visitor) -> TestResponse:
    """The form with nothing in it but a number that is none."""
    return _typed(visitor, contact_kind="phone", contact="?", received_on="")


def typed_in(visitor: Visitor) -> TestResponse:
    """The receipt of what was typed, for somebody who reads Arabic."""
    day = visitor.world.clock.now().date().isoformat()
    said = {"kind": "complaint", "channel": "phone", "message": "Personne n’est venu.", "language": "ar"}
    return visitor.team.get(_typed(visitor, **said, received_on=day).location)


def answer_empty(visitor: Visitor) -> TestResponse:
    """An answer without words."""
    return step(visitor.team, visitor.ground.planted.reference, "inform", message="")


def answer_late(visitor: Visitor) -> TestResponse:
    """An answer written on a page that another one has changed."""
    reference = visitor.ground.planted.reference
    return step(visitor.team, reference, "inform", version="1", message="Nous sommes venus.")


def register(visitor: Visitor, *, day: str = "03/02/2026", is_taken: bool = False) -> TestResponse:
    """A register from before the portal, as it was sent or once it is in."""
    number = f"{visitor.language}{token_hex(4)}"
    sent = f"Registre;;;\nN°;Reçue le;Nom;Motif\n{number};{day};Mme Martin;Retard\n".encode()
    fields = {"csrf_token": visitor.team.csrf, "register": (BytesIO(sent), "registre 2026.csv")}
    where = visitor.team.client.post("/s/passerelle/records", data=fields).location
    if is_taken:
        visitor.team.post(f"{where}/take")
    return visitor.team.client.get(where)


def register_of_two_sheets(visitor: Visitor) -> TestResponse:
    """A workbook with a sheet for each year, which waits."""
    fields = {"csrf_token": visitor.team.csrf, "register": (BytesIO(OF_TWO_YEARS), "registre.xlsx")}
    return visitor.team.client.get(visitor.team.client.post("/s/passerelle/records", data=fields).location)


def partner_says_nothing(visitor: Visitor) -> TestResponse:
    """A partner's form, sent empty."""
    return visitor.phone("partner").send(wants="request")


def partner_asks(visitor: Visitor) -> TestResponse:
    """Somebody asks for the link to their cases."""
    return visitor.sends(f"{visitor.root}/partner/cases", email=f"nora.{token_hex(4)}@habitat.example")


def partner_cases(visitor: Visitor) -> TestResponse:
    """What a partner has filed, by the link of their mail."""
    email = f"nora.{token_hex(4)}@habitat.example"
    said = {"wants": "complaint", "organisation": "Habitat", "reference": "H-1", "message": "Bonjour"}
    visitor.phone("partner").send(**said, email=email)
    with visitor.world.database.reading(visitor.world.lyon.scope) as u:
        token = partner_token(u, digest_of(u, email))
    return visitor.opens(f"{visitor.root}/partner/cases/{token}")


def counted(visitor: Visitor) -> TestResponse:
    """Encounters of a month, typed."""
    visitor.team.post("/s/passerelle/records/activity", month="2027-02", all="1200")
    return visitor.team.client.get("/s/passerelle/records/activity?done=1")


def rights_request(visitor: Visitor, *, refused: bool = False) -> TestResponse:
    """A request about somebody's data, open; or refused without saying why."""
    fields = {"right": "erasure", "proof": "met", "who": "Mme Diallo", "received_on": "2027-03-22"}
    where = visitor.team.post("/s/passerelle/rights/new", **fields).location
    if refused:
        return visitor.team.post(f"{where.split('?')[0]}/refuse", said="")
    return visitor.team.client.get(where)


def refused(visitor: Visitor) -> TestResponse:
    """A page that a mediator may not open."""
    return visitor.mediator().get("/s/passerelle/settings")


def session_over(visitor: Visitor) -> TestResponse:
    """A form whose session is another one's: the words come back."""
    path = f"{visitor.at_case('received')}/answer"
    return visitor.team.client.post(path, data={"csrf_token": "x", "version": "1", "message": "Bonjour."})


def too_long_ago(visitor: Visitor) -> TestResponse:
    """A message that waited too long on a page."""
    return visitor.sends(f"{visitor.root}/complaint", token="x", message="Bonjour.")


def broken(path: str, visitor: Visitor) -> TestResponse:
    """What is shown when the portal itself fails."""
    app = visitor.world.app
    kept = app.extensions.pop("portal")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    try:
        return visitor.client.get(path, headers={"Accept-Language": visitor.language})
    finally:
        app.extensions["portal"] = kept


def action(visitor: Visitor, *, shown: bool = False, unsaid: bool = False) -> TestResponse:
    """The plan with an action in it; or that action, or its form sent without a word."""
    fields = {"what": "Afficher les horaires", "who": str(visitor.team.person_id), "when": "2027-05-03"}
    sent = visitor.team.post("/s/passerelle/actions/new", **fields)
    assert sent.status_code == 303, sent.text
    page = sent.location.partition("?")[0]
    if unsaid:
        return visitor.team.post(f"{page}/done", words="")
    return visitor.team.get(page if shown else "/s/passerelle/actions")


def observed(visitor: Visitor, *, shown: bool = False, unsaid: bool = False) -> TestResponse:
    """The list of what was noticed with an incident in it; or that, or its answer sent without a word."""
    sent = visitor.team.post("/s/passerelle/observations/new", kind="incident", words="Une chute au local.")
    assert sent.status_code == 303, sent.text
    found = re.findall(r"/s/passerelle/observations/\d+", visitor.team.get(sent.location).text)
    if unsaid:
        return visitor.team.post(f"{found[0]}/answer", words="")
    return visitor.team.get(found[0] if shown else "/s/passerelle/observations")


def review(
    visitor: Visitor, *, shown: bool = False, unsaid: str = "", closed: bool = False, rest: str = ""
) -> TestResponse:
    """The list of reviews with one in it; or that review, a form of it sent empty; closed, its minutes."""
    fields = {"held_on": "2027-03-24", "period": "year-before"}
    sent = visitor.team.post("/s/passerelle/reviews/new", **fields)
    assert sent.status_code == 303, sent.text
    if unsaid:
        return visitor.team.post(f"{sent.location}/{unsaid}")
    if closed:
        shut = visitor.team.post(f"{sent.location}/close", message="Vu ensemble.")
        assert shut.status_code == 303, shut.text
    return visitor.team.get(f"{sent.location}{rest}" if shown else "/s/passerelle/reviews")


def given_back(
    visitor: Visitor, *, page: str = "", unsaid: bool = False, checked: bool = False
) -> TestResponse:
    """What is told to residents of an action long done, in French: waiting for a second look, or checked."""
    team = visitor.team
    with visitor.world.database.transaction(team.scope) as u:
        day = date(2027, 5, 3)
        action = open_action(u, Decided("Doubler les rondes", team.person_id, day, motif="work.absence"))
        finish(u, action.id, "Fait.").done_on = date(2027, 1, 2)
        number = action.number
    root = f"/s/passerelle/given-back/{number}"
    words = {"said": "On attend le soir.", "did": "" if unsaid else "Deux personnes de plus.", "version": "0"}
    sent = team.post(f"{root}/fr", **words)
    if unsaid:
        return sent
    if checked:
        other = next(one for tag, one in visitor.ground.leads.items() if tag != visitor.language)
        assert other.post(f"{root}/fr/check", version="1").status_code == 303
    return visitor.opens(page) if page.startswith("/p/") else team.get(page or root)


def earlier(visitor: Visitor, *, page: str = "records/earlier", wrong: bool = False) -> TestResponse:
    """Results from before the portal, brought in or refused; or another page that shows them."""
    table = "question;période;réponses;taux\nAccueil ?;2024;200;84\nAccueil ?;2025;240;81,5\n"
    file = (BytesIO((table + ("Délais ?;2024;x;84\n" if wrong else "")).encode()), "avant.csv")
    fields = {"csrf_token": visitor.team.csrf, "name": "Enquête mairie", "source": "Rapport 2025, p. 12"}
    sent = visitor.team.client.post("/s/passerelle/records/earlier", data={**fields, "table": file})
    if wrong:
        return sent
    return visitor.opens(page) if page.startswith("/p/") else visitor.team.get(f"/s/passerelle/{page}")


def campaign(
    visitor: Visitor, *, shown: bool = False, unsaid: str = "", closed: bool = False
) -> TestResponse:
    """The list of campaigns with one in it; or that one, a form of it sent empty; closed with its note."""
    fields = {"name": "Hiver", "first": "2027-02-01", "last": "2027-02-28"}
    sent = visitor.team.post("/s/passerelle/campaigns/new", **fields)
    assert sent.status_code == 303, sent.text
    if unsaid:
        return visitor.team.post(f"{sent.location}/{unsaid}")
    if closed:
        visitor.team.post(f"{sent.location}/note", learnt="On nous attend le soir.", decided="Revoir cela.")
        assert visitor.team.post(f"{sent.location}/close").status_code == 303
    return visitor.team.get(sent.location if shown else "/s/passerelle/campaigns")


def thanks(visitor: Visitor, *, form: bool = False, unsaid: bool = False) -> TestResponse:
    """Words of thanks: one's own and those of the team; the form of a message, as it comes or sent empty."""
    visitor.phone("thanks").send(message="Merci, il a porté mes courses.")
    page = visitor.team.get("/s/passerelle/thanks").text
    found = re.findall(r"/s/passerelle/thanks/new\?case=[A-Z0-9-]+", page)
    assert found
    if unsaid:
        return visitor.team.post(found[0], words="", whom="")
    if form:
        return visitor.team.get(found[0])
    visitor.team.post(found[0], words="Merci pour les courses.", whom=f"person:{visitor.team.person_id}")
    return visitor.team.get("/s/passerelle/thanks?done=given")


PUBLIC: dict[str, Screen] = {
    "home": Screen("front.home", outside("/")),
    "home, no code": Screen("front.home", outside("/?code="), 422),
    "home, unreadable code": Screen("front.home", outside("/?code=OOO"), 422),
    "home, unknown code": Screen("front.home", outside("/?code=222222"), 404),
    "first question": Screen("survey.entrance", outside("{root}")),
    "first question, from the website": Screen("survey.entrance", outside("/p/passerelle/{lang}")),
    "second question": Screen("survey.question", partial(question, 1)),
    "third question": Screen("survey.question", partial(question, 2)),
    "free word": Screen("survey.question", partial(question, 4)),
    "thanks": Screen("survey.thanks", outside("{root}/done")),
    "danger": Screen("survey.danger", outside("{root}/danger")),
    **{f"door, {door}": Screen("doors.door", outside("{root}/" + door)) for door in DOORS},
    "door, nothing written": Screen("doors.door", partial(sent_empty, "complaint"), 422),
    "door, no number": Screen(
        "doors.door",
        partial(sent_empty, "request", contact_kind="phone", contact="?", identity="nobody"),
        422,
    ),
    "receipt": Screen("doors.receipt", receipt),
    "follow": Screen("follow.ask", outside("{root}/follow")),
    "follow, wrong number": Screen(
        "follow.ask", lambda visitor: visitor.sends(f"{visitor.root}/follow", receipt="123"), 422
    ),
    "message received": Screen("follow.case", partial(followed, "received")),
    "message, asked back": Screen("follow.case", partial(followed, "asked")),
    "message answered": Screen("follow.case", partial(followed, "answered")),
    "message closed": Screen("follow.case", partial(followed, "closed")),
    "message, empty reply": Screen("follow.case", reply_empty, 422),
    "message, no photo": Screen("follow.case", wrong_photo, 422),
    "partner": Screen("partner.ask", outside("/p/passerelle/{lang}/partner")),
    "partner, nothing said": Screen("partner.ask", partner_says_nothing, 422),
    "partner, link": Screen("partner.ask_link", outside("/p/passerelle/{lang}/partner/cases")),
    "partner, link asked": Screen("partner.ask_link", partner_asks),
    "partner, cases": Screen("partner.listed", partner_cases),
    "privacy": Screen("front.privacy", outside("/p/passerelle/{lang}/privacy")),
    "tablet, waiting": Screen("survey.entrance", on_tablet("")),
    "tablet, begun": Screen("survey.entrance", on_tablet("/{lang}")),
    "tablet, complaint": Screen("doors.door", on_tablet("/{lang}/complaint")),
    "tablet, thanks": Screen("survey.thanks", on_tablet("/{lang}/done")),
    "accessibility": Screen("front.accessibility", outside("/p/passerelle/{lang}/accessibility")),
    "results": Screen("front.results", outside("/p/passerelle/{lang}/results")),
    "results, none yet": Screen("front.results", outside("/p/rive-gauche/{lang}/results")),
    "results, with those of before": Screen(
        "front.results", partial(earlier, page="/p/passerelle/fr/results"), language="fr"
    ),
    "results, with a change": Screen(
        "front.results", partial(given_back, page="/p/passerelle/fr/results", checked=True), language="fr"
    ),
    "languages": Screen("survey.entrance", outside("/p/passerelle/xx"), 404),
    "unknown address": Screen("", outside("{root}/nowhere/else"), 404),
    "unknown code": Screen("", outside("/q/222222/{lang}"), 404),
    "retired code": Screen(
        "survey.entrance",
        lambda visitor: visitor.opens(f"/q/{visitor.ground.retired}/{visitor.language}"),
        410,
    ),
    "waited too long": Screen("doors.door", too_long_ago, 400),
    "broken": Screen("", partial(broken, "/"), 500),
    "guides": Screen("guides.front", outside("/help/fr"), language="fr"),
    **{
        f"guide, {name}": Screen("guides.show", outside(path_of(name, "fr")), language="fr")
        for name in NAMES
        if name != FRONT
    },
    "guide in English": Screen("guides.show", outside(path_of("director", "en")), language="en"),
    "sign in": Screen("sign_in.show", outside("/sign-in")),
    "sign in, wrong": Screen(
        "sign_in.show", lambda visitor: visitor.sends("/sign-in", email="x@y.example", password="x"), 422
    ),
    "forgotten": Screen("forgotten.show", outside("/forgotten-password")),
    "forgotten, sent": Screen("forgotten.show", outside("/forgotten-password?sent")),
    "new password": Screen("forgotten.link", new_password),
    "new password, too short": Screen("forgotten.link", partial(new_password, wrong=True), 422),
    "start link": Screen("start.where", outside("/start"), 404),
    "founding": Screen("start.form", start),
    "founding, nothing said": Screen("start.form", partial(start, wrong=True), 422),
    "invitation": Screen("sign_in.invitation", invitation),
    "invitation, too short": Screen("sign_in.invitation", partial(invitation, wrong=True), 422),
}

STAFF: dict[str, Screen] = {
    "structures": Screen("sign_in.structures", of_two),
    "network": Screen("network.show", network),
    "network questions": Screen("network_questions.show", network_set),
    "network questions, wrong": Screen("network_questions.show", partial(network_set, wrong=True), 422),
    "own questions": Screen("local_questions.show", inside("questionnaires/local")),
    "own questions, looked at": Screen(
        "local_questions.show", unsaid("questionnaires/local", **{**WRONG, "fr-0": "Le local vous plaît ?"})
    ),
    "own questions, wrong": Screen("local_questions.show", unsaid("questionnaires/local", **WRONG), 422),
    "components": Screen(
        "components.components",
        lambda visitor: visitor.team.get("/_components"),
        # Samples in French and Arabic side by side, wrong on purpose, whatever language the page is in.
        only=("axe", "names", "lists", "motion", "focus_seen"),
    ),
    "account": Screen("account.account", lambda visitor: visitor.team.get("/account?done=kept")),
    "cases": Screen("cases.cases", inside("cases")),
    "case typed in": Screen("case_entry.new", inside("cases/new")),
    "case typed in, nothing said": Screen("case_entry.new", typed_nothing, 422),
    "case typed in, kept": Screen("case_receipt.entered", typed_in),
    "sheets of paper": Screen("sheet_typing.key", inside("opinions/key")),
    "sheets of paper, no point": Screen("sheet_typing.key", inside("opinions/key?code="), 422),
    "sheet of paper": Screen("sheet_typing.key", sheet),
    "sheet of paper, the one before": Screen("sheet_typing.key", partial(sheet, row="1120")),
    "sheet of paper, no such box": Screen("sheet_typing.key", partial(sheet, row="9"), 422),
    "bodies": Screen("bodies.listed", inside("bodies")),
    "bodies, no name": Screen("bodies.listed", unsaid("bodies", name=""), 422),
    "cases, none here": Screen("cases.cases", inside("cases?q=PAS-2099-000001")),
    "cases, none yet": Screen("cases.cases", empty("cases")),
    "case, all there can be": Screen("cases.case", planted),
    "case received": Screen("cases.case", partial(case, "received")),
    "case asked back": Screen("cases.case", partial(case, "asked")),
    "case answered": Screen("cases.case", partial(case, "answered")),
    "case closed": Screen("cases.case", partial(case, "closed")),
    "case, empty answer": Screen("cases.case", answer_empty, 422),
    "case, changed meanwhile": Screen("cases.case", answer_late, 409),
    "case, session over": Screen("cases.case", session_over, 400),
    "actions": Screen("actions.plan", action),
    "actions, none yet": Screen("actions.plan", empty("actions")),
    "action": Screen("actions.action", partial(action, shown=True)),
    "action, nothing said": Screen("actions.action", partial(action, shown=True, unsaid=True), 422),
    "words of thanks": Screen("thanks.list_thanks", thanks),
    "words of thanks, none yet": Screen("thanks.list_thanks", empty("thanks")),
    "thanks to give back": Screen("thanks.new", partial(thanks, form=True)),
    "thanks to give back, nothing said": Screen("thanks.new", partial(thanks, unsaid=True), 422),
    "campaigns": Screen("campaigns.list_campaigns", campaign),
    "campaigns, none yet": Screen("campaigns.list_campaigns", empty("campaigns")),
    "campaign": Screen("campaigns.campaign", partial(campaign, shown=True)),
    "campaign, nothing said": Screen("campaigns.campaign", partial(campaign, shown=True, unsaid="note"), 422),
    "campaign, nothing to close": Screen("campaigns.campaign", partial(campaign, unsaid="close"), 422),
    "campaign, closed": Screen("campaigns.campaign", partial(campaign, shown=True, closed=True)),
    "new campaign": Screen("campaigns.new", inside("campaigns/new")),
    "new campaign, nothing said": Screen("campaigns.new", unsaid("campaigns/new"), 422),
    "earlier results": Screen("earlier.series", earlier),
    "earlier results, none yet": Screen("earlier.series", empty("records/earlier")),
    "earlier results, wrong": Screen("earlier.series", partial(earlier, wrong=True), 422),
    "earlier results, on the dashboard": Screen("dashboard.dashboard", partial(earlier, page="dashboard")),
    "given back": Screen("given.list_given", partial(given_back, page="/s/passerelle/given-back")),
    "given back, nothing yet": Screen("given.list_given", empty("given-back")),
    "given back, one": Screen("given.one_given", given_back),
    "given back, checked": Screen("given.one_given", partial(given_back, checked=True)),
    "given back, nothing said": Screen("given.one_given", partial(given_back, unsaid=True), 422),
    "observations": Screen("observations.list_observations", observed),
    "observations, none yet": Screen("observations.list_observations", empty("observations")),
    "observation": Screen("observations.observation", partial(observed, shown=True)),
    "observation, nothing said": Screen(
        "observations.observation", partial(observed, shown=True, unsaid=True), 422
    ),
    "new observation": Screen("observations.new", inside("observations/new")),
    "new observation, nothing said": Screen("observations.new", unsaid("observations/new"), 422),
    "reviews": Screen("reviews.list_reviews", review),
    "reviews, none yet": Screen("reviews.list_reviews", empty("reviews")),
    "review": Screen("reviews.review", partial(review, shown=True)),
    "review, nothing said": Screen("reviews.review", partial(review, shown=True, unsaid="decisions"), 422),
    "review, closed": Screen("reviews.review", partial(review, shown=True, closed=True)),
    "minutes": Screen("reviews.minutes", partial(review, shown=True, closed=True, rest="/minutes")),
    "new review": Screen("reviews.new", inside("reviews/new")),
    "new review, nothing said": Screen("reviews.new", unsaid("reviews/new"), 422),
    "new action": Screen("actions.new", inside("actions/new")),
    "new action, nothing said": Screen("actions.new", unsaid("actions/new"), 422),
    "responses": Screen("responses.responses", inside("responses")),
    "responses, none yet": Screen("responses.responses", empty("responses")),
    "questionnaires": Screen("questionnaires.list_questionnaires", inside("questionnaires")),
    "codes": Screen("codes.list_codes", inside("codes")),
    "new code": Screen("codes.new_code", inside("codes/new")),
    "new code, nothing said": Screen("codes.new_code", unsaid("codes/new"), 422),
    "cards": Screen("codes.cards", inside("codes/cards")),
    "print": Screen("printing.choose", inside("codes/print")),
    "questionnaire on paper": Screen("paper_form.choose", inside("opinions/paper")),
    "dashboard": Screen("dashboard.dashboard", inside("dashboard")),
    "dashboard, nothing yet": Screen("dashboard.dashboard", empty("dashboard")),
    "people": Screen("people.people", inside("people?done=invited")),
    "invite": Screen("people.invite_form", inside("people/invite")),
    "invite, wrong": Screen("people.invite_form", invite_wrong, 422),
    "getting started": Screen("checklist.show", empty("start?done=founded")),
    "getting started, proposed": Screen("checklist.show", proposed),
    "getting started, nobody named": Screen("checklist.show", unsaid("start/people", role="director"), 422),
    "many points": Screen("points.ask", inside("settings/points")),
    "many points, looked at": Screen("points.ask", points),
    "many points, wrong": Screen("points.ask", partial(points, text="site;zone\nAnnexe;Lune\n"), 422),
    "papers": Screen("papers.papers", inside("papers")),
    "papers, no days": Screen("papers.register", inside("papers/register.pdf?from=x"), 422),
    "records": Screen("records.records", inside("records")),
    "encounters": Screen("activity.counts", counted),
    "encounters, wrong": Screen("activity.counts", unsaid("records/activity", all="x"), 422),
    "records, no file": Screen("records.records", unsaid("records"), 422),
    "register": Screen("records.one_register", register),
    "register, two sheets": Screen("records.one_register", register_of_two_sheets),
    "register, faults": Screen("records.one_register", partial(register, day="31/02/2026")),
    "register, in": Screen("records.one_register", partial(register, is_taken=True)),
    "settings": Screen("settings.settings", inside("settings?done=team_added")),
    "site": Screen("settings.calendar", site),
    "site, wrong": Screen("settings.calendar", partial(site, wrong=True), 422),
    **{
        f"settings, {what}": Screen(f"settings.{endpoint}", inside(f"settings/{what}"))
        for what, endpoint in {
            "identity": "identity",
            "promises": "promises",
            "staff-informed": "staff_informed",
            "privacy": "privacy",
            "sites/new": "new_site",
            "teams/new": "new_team",
            "agreements/new": "new_agreement",
        }.items()
    },
    **{
        f"settings, {what}, wrong": Screen(f"settings.{endpoint}", unsaid(f"settings/{what}", **fields), 422)
        for what, endpoint, fields in (
            ("identity", "identity", {"name": "", "colour": "blue"}),
            ("promises", "promises", {"document_code": ""}),
            ("staff-informed", "staff_informed", {"day": "2099-01-01"}),
            ("privacy", "privacy", {}),
            ("sites/new", "new_site", {}),
            ("teams/new", "new_team", {}),
            ("agreements/new", "new_agreement", {}),
        )
    },
    "settings, words": Screen("alarm_words.words", inside("settings/words")),
    "settings, words, none": Screen("alarm_words.words", unsaid("settings/words", word=""), 422),
    "settings, retention": Screen("retention.retention", inside("settings/retention?done=kept")),
    "settings, retention, too long": Screen(
        "retention.retention", unsaid("settings/retention", case="48"), 422
    ),
    "settings, hold, wrong": Screen(
        "retention.retention", unsaid("settings/retention/holds", reference="PAS-1999-1", register=""), 422
    ),
    "protection kit": Screen("protection.kit", inside("protection")),
    "protection kit, nothing yet": Screen("protection.kit", empty("protection")),
    "rights": Screen("rights.desk_of_rights", inside("rights")),
    "rights, new": Screen("rights.new", inside("rights/new")),
    "rights, new, nothing said": Screen("rights.new", unsaid("rights/new"), 422),
    "rights, one": Screen("rights.one_request", rights_request),
    "rights, one, no reason": Screen("rights.one_request", partial(rights_request, refused=True), 422),
    "destroyed": Screen("retention.destroyed_page", inside("protection/destroyed")),
    "settings, audit": Screen("statement.audited", inside("settings/accessibility")),
    "settings, audit to come": Screen(
        "statement.audited", unsaid("settings/accessibility", day="2099-01-01", rate="87"), 422
    ),
    "not allowed": Screen("settings.settings", refused, 403),
    "not found": Screen("", inside("cases/PAS-2099-999999"), 404),
}

SCREENS = {**PUBLIC, **STAFF}

NO_PAGE: dict[str, str] = {
    "static": "a file",
    "metrics.metrics": "read by programs",
    "operators.alive": "read by programs",
    "operators.ready": "read by programs",
    "operators.version": "read by programs",
    "sign_in.first_page": "leads on at once",
    "cases.photo": "a picture",
    "case_receipt.card": "a PDF: see tests/pages/test_slip.py",
    "front.scanned_follow": "leads on at once",
    "cases.voice": "a recording",
    "codes.square": "a picture",
    "dashboard.dashboard_json": "read by programs",
    "printing.printed": "a PDF: see test_papers",
    "paper_form.paper": "a PDF: see tests/pages/test_paper_form.py",
    "protection.draft": "a PDF: see tests/pages/test_protection.py",
    "points.example": "a file to fill in",
    "case_sheet.sheet": "a PDF: see tests/pages/test_papers.py",
    "papers.month": "a PDF: see tests/pages/test_papers.py",
    "papers.agreement": "a PDF: see tests/pages/test_papers.py",
    "minutes.pdf": "a PDF: see tests/pages/test_reviews.py",
    "earlier.paper": "a PDF: see tests/pages/test_earlier.py",
    "campaigns.paper": "a PDF: see tests/pages/test_campaigns.py",
    "chart_pictures.picture": "a picture: see tests/pages/test_chart_pictures.py",
    "given.sheet": "a PDF: see tests/pages/test_given.py",
    "front.scanned_results": "leads on at once",
}
"""What answers no page, and what it answers."""
