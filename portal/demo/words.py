"""What the fictional people of the demo world say and are called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StructureWords:
    """Names of a fictional structure, its places and its partners."""

    slug: str
    letters: str
    name: str
    colour: str
    zone: str
    sites: tuple[str, str, str]
    teams: tuple[str, str]
    agreements: tuple[tuple[str, str], tuple[str, str]]


STRUCTURES = (
    StructureWords(
        slug="passerelle",
        letters="PAS",
        name="La Passerelle",
        colour="#0b5c68",
        zone="metropole",
        sites=("Centre", "Les Tilleuls", "La Verrerie"),
        teams=("Équipe Tilleuls", "Équipe Verrerie"),
        agreements=(("Habitat des Collines", "Présence en pied d’immeuble"), ("Ville", "Médiation scolaire")),
    ),
    StructureWords(
        slug="rive-gauche",
        letters="RIV",
        name="Rive Gauche Médiation",
        colour="#7a3b12",
        zone="alsace_moselle",
        sites=("Krutenau", "Port aux Blés", "Faubourg"),
        teams=("Équipe de jour", "Équipe de soirée"),
        agreements=(
            ("Tramways du Rhin", "Médiation dans les rames"),
            ("Bailleur du Faubourg", "Tranquillité"),
        ),
    ),
)

NAMES: dict[str, tuple[str, ...]] = {
    "PAS": (
        "Malik Ferrand",
        "Élodie Nasri",
        "Camille Aubertin",
        "Jeanne Vasseur",
        "Paul Okonkwo",
        "Inès Delmas",
        "Bruno Castel",
        "Salomé Petit",
    ),
    "RIV": (
        "Youssef Klein",
        "Hélène Muller",
        "Thomas Weiss",
        "Claire Schmitt",
        "Amina Roth",
        "Lucas Bauer",
        "Nora Fischer",
        "Émile Keller",
    ),
}

FREE_WORDS: dict[str, tuple[str, ...]] = {
    "fr": (
        "Merci, on m’a bien expliqué le courrier.",
        "L’équipe passe trop peu le soir.",
        "Très à l’écoute, j’ai pu parler à quelqu’un.",
        "J’ai attendu longtemps à l’accueil.",
        "Depuis qu’ils sont là, le hall est plus calme.",
    ),
    "ar": ("شكرًا، ساعدوني في ملء الأوراق.", "أتمنى أن يمرّوا في المساء أيضًا.", "استمعوا إليّ باحترام."),
    "en": (
        "They helped me call the landlord.",
        "Friendly people, thank you.",
        "Please come on Saturdays too.",
    ),
}

CASE_WORDS: dict[str, tuple[tuple[str, str], ...]] = {
    "complaint": (
        ("fr", "Le rendez-vous de lundi a été annulé sans prévenir, j’avais pris ma matinée."),
        ("ar", "انتظرت ساعة كاملة ولم يأتِ أحد في الموعد."),
        ("fr", "On m’a parlé sèchement devant mes voisins."),
        ("en", "I asked for help three times and nobody called me back."),
    ),
    "request": (
        ("fr", "J’ai besoin d’aide pour un courrier de la caisse d’allocations."),
        ("ar", "أحتاج إلى مساعدة للحديث مع المدرسة."),
        ("en", "Could someone come with me to the town hall?"),
    ),
    "concern": (
        ("fr", "La lumière du passage est en panne depuis dix jours, les enfants ont peur."),
        ("ar", "هناك ضجيج كل ليلة تحت العمارة رقم 4."),
    ),
    "thanks": (
        ("fr", "Merci à l’équipe d’avoir calmé la dispute dans l’escalier."),
        ("ar", "شكرًا على صبركم ولطفكم."),
    ),
    "idea": (
        ("fr", "Une permanence le samedi matin serait utile."),
        ("en", "A notice board in several languages would help."),
    ),
}

STAFF_WORDS: dict[str, str] = {
    "ask": "Pouvez-vous nous dire quel jour cela s’est passé ?",
    "reply": "C’était mardi, vers dix heures.",
    "answer": "Nous avons vérifié avec l’équipe. Voici ce qui change. Veuillez nous excuser.",
    "dismiss": "Cette question relève du bailleur. Son agence vous répond au guichet, le matin.",
}

PLAN_WORDS: dict[str, str] = {
    "rounds": "Doubler les rondes du soir et prévenir quand un rendez-vous saute",
    "rounds_done": "Rondes à deux de 18 h à 22 h depuis lundi ; planning affiché au local.",
    "hours": "Refaire l’affiche des horaires dans les trois langues",
    "landlord": "Tenir un point mensuel avec le bailleur",
    "first_word": "Répondre par un premier mot sous deux jours",
    "first_word_done": "Un tour de garde est en place.",
    "results": "Présenter les résultats aux habitants à la fête du quartier",
    "reason": "Un fait isolé : l’équipe l’a revu ensemble, rien d’autre à changer.",
    "campaign": "Deux semaines à l’écoute du soir",
    "learnt": "Le soir, on se sent mieux accueilli qu’avant ; les horaires restent mal connus.",
    "decided": "Refaire l’affiche des horaires, et la montrer dans les halls.",
    "before": "Enquête habitants de la mairie",
    "before_source": "Rapport annuel, page 12",
    "minutes": "La direction note la baisse des rendez-vous manqués et remercie l’équipe du soir.",
}
"""What the improvement plan and the closed review of the world say."""
GIVEN_BACK: dict[str, tuple[str, str]] = {
    "fr": (
        "Le soir, personne ne vient au rendez-vous.",
        "Nous venons à deux, et nous prévenons si l’heure change.",
    ),
    "ar": ("في المساء لا يأتي أحد إلى الموعد.", "نأتي اثنين معًا، ونخبركم إذا تغيّر الموعد."),
    "en": ("In the evening nobody comes.", "Two of us come, and we tell you when the hour changes."),
}
"""What residents are told of the action that helped: what they said, what was done."""
THANKED = "Merci à toute l’équipe, on se sent moins seul le soir."
ASKED_BY = "Mme Awa Ndiaye, par courriel"
ASKED = "Je voudrais lire ce que vous avez gardé de ma réclamation du printemps."
"""Who asks what is kept of them, and in which words."""
