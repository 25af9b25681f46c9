"""Where to and where from: the place that a preposition or an object names."""

from collections.abc import Iterator

from spacy.tokens import Span, Token

from modules.transfer.word_list import words

PLACES = frozenset({"GPE", "LOC", "FAC"})
_HOUSES = frozenset({"ORG", "PRODUCT", "WORK_OF_ART"})
_NEVER = words("DATE TIME CARDINAL ORDINAL MONEY PERCENT QUANTITY LAW LANGUAGE EVENT")
_INSIDE = words("prep pobj compound poss amod nmod appos conj punct case det")
_ABSTRACT = words(
    "war fight front attack left right side point issue question subject topic top defense defence "
    "conclusion list campaign perspective view standpoint trail race negotiation talk sanction stage "
    "agreement deal treaty"
)
_STATES = words("power office action form health politics")
"""What one returns to or enters without changing place; an office that is somebody's is a place."""
_NATIONAL = words(
    "club team side outfit army navy university college school company firm bank newspaper academy "
    "institute soil city town capital coast island mission village hospital league"
)
"""What a people's name says the country of: a Spanish club."""
_SCHOOLS = words("university college school institute academy bishop diocese court kingdom")
_CARRIERS = words("advmod dobj oprd attr prt dative acomp")
_PREPOSITIONS = frozenset({"prep", "agent", "dative"})
_TELLING = frozenset({"as", "on", "in", "of"})
_LINKS = frozenset({"of", "in", "at", "near"})
_JOINTS = frozenset({"of", "de", "for", "and", "du", "del", "di", "the"})


def ways(cue: Token, through: frozenset[str]) -> list[tuple[str, Token]]:
    """Prepositions of a word, its adverbs and its objects, each with its noun, as the text has them.

    Behind a noun only those that lead on count (from Turin *to* Lisbon), or that tell of a role or subject
    what the verb does not (a lecturer on letters *at* Basel); not those inside a place (a flat *in* Porto).
    """
    found: dict[int, tuple[str, Token]] = {}
    heads = [(cue, "")]
    heads += [(child, "") for child in cue.children if child.dep_ in _CARRIERS]
    while heads:
        head, above = heads.pop()
        is_open = not above or head.lemma_ in through or (above in _TELLING and head.pos_ == "NOUN")
        for prep in head.children:
            if prep.dep_ not in _PREPOSITIONS or prep.pos_ not in {"ADP", "SCONJ", "PART"}:
                continue
            if not is_open and prep.lower_ not in {"to", "into"}:
                continue
            others = [child for child in prep.children if child.dep_ == "conj" and child.pos_ == "ADP"]
            for way in (prep, *others):
                nouns = [noun for noun in way.children if noun.dep_ == "pobj"]
                if nouns:
                    found[way.i] = (way.lower_, nouns[0])
                heads += [(noun, way.lower_) for noun in nouns]
            if any(child.dep_ == "prep" for child in prep.children):  # back *to*
                heads.append((prep, ""))
    return [found[at] for at in sorted(found)]


def is_town(name: Span) -> bool:
    """Whether a mention is tagged as a place, and not as a house or a people."""
    return name.root.ent_type_ in PLACES


def place(noun: Token, *, houses: bool, persons: bool = False) -> Span | None:
    """The place that a noun names: itself, or a country, town or house inside what it is said to be.

    Args:
        noun: what a preposition leads to, or an object.
        houses: whether an organisation will do.
        persons: whether a name that is tagged as a person's will do: the tagger takes small towns for people.
    """
    is_owner = noun.i + 1 < len(noun.doc) and noun.doc[noun.i + 1].tag_ == "POS"
    if noun.ent_type_ in _NEVER or is_owner:
        return None
    if noun.pos_ == "PROPN" and noun.ent_type_ != "NORP":
        return _proper(noun, houses=houses, persons=persons)
    is_bare = all(child.dep_ not in {"det", "poss"} for child in noun.children)
    is_state = noun.lemma_ in _ABSTRACT or (noun.lemma_ in _STATES and is_bare)
    if is_state or noun.pos_ not in {"NOUN", "PROPN"}:
        return None
    return _described(noun, houses=houses)


def _proper(noun: Token, *, houses: bool, persons: bool) -> Span | None:
    label = noun.ent_type_
    if label in PLACES or (houses and label in _HOUSES):
        return _plain(_entity(noun))
    return _plain(_capitals(noun)) if label in {"", "ORG"} or (persons and label == "PERSON") else None


def _described(noun: Token, *, houses: bool) -> Span | None:
    """A bank in Madrid, a Spanish club, a chair at Basel."""
    inside = [token for token in _inside(noun) if token.i != noun.i]
    peoples = {"NORP"} if noun.lemma_ in _NATIONAL else set()
    for labels in (PLACES, _HOUSES if houses else set(), peoples):
        for token in inside:
            if token.ent_type_ in labels:
                return _plain(_entity(token))
    for token in inside if houses else ():
        is_at = token.dep_ == "pobj" and (token.head.lower_ != "of" or noun.lemma_ in _SCHOOLS)
        if token.pos_ == "PROPN" and is_at and not token.ent_type_:
            return _plain(_capitals(token))
    return None


def _inside(noun: Token) -> Iterator[Token]:
    for child in noun.children:
        if child.dep_ in _INSIDE and (child.dep_ != "prep" or child.lower_ in _LINKS):
            yield child
            yield from _inside(child)


def _entity(token: Token) -> Span:
    doc = token.doc
    held = (entity for entity in doc.ents if entity.start <= token.i < entity.end)
    return next(held, doc[token.i : token.i + 1])


def _capitals(noun: Token) -> Span:
    """The capitals around a noun that no entity holds: Royal Swedish Academy of Music."""
    doc = noun.doc
    below = {token.i for token in noun.subtree}
    start, end = noun.i, noun.i + 1
    while start - 1 in below and doc[start - 1].text[:1].isupper():
        start -= 1
    while end in below:
        step = next((i for i in (end, end + 1, end + 2) if i in below and doc[i].pos_ == "PROPN"), None)
        if step is None or any(doc[i].lower_ not in _JOINTS for i in range(end, step)):
            break
        end = step + 1
    return doc[start:end]


def _plain(name: Span) -> Span:
    """Without an article before and a possessive behind."""
    start, end = name.start, name.end
    while start < end - 1 and name.doc[start].lower_ in {"the", "a", "an", "his", "her", "'s"}:
        start += 1
    while end - 1 > start and name.doc[end - 1].lower_ in {"'s", "\u2019s", "'"}:
        end -= 1
    return name.doc[start:end]
