"""Who moves: a person that the passage names, and neither a team, a firm nor an animal."""

import re

from spacy.tokens import Span, Token

from modules.transfer.word_list import words

_PRONOUNS = frozenset({"he", "she", "him", "her", "his"})
_LINKS = words("the van von de der da di al bin ibn of -")
RELATIVE = frozenset({"who", "whom", "that", "which"})
_ROLE = words(
    "striker midfielder defender goalkeeper winger forward player footballer coach professor "
    "scientist physicist chemist engineer researcher artist painter composer singer writer author "
    "poet doctor physician surgeon nurse lawyer student teacher graduate economist mathematician "
    "biologist architect actor actress director executive journalist pianist conductor dancer officer "
    "captain star youngster teenager native national man woman novelist historian philosopher"
)
"""What the only person of a passage may be called: the striker."""
_KIN = words(
    "father mother grandfather grandmother brother sister son daughter husband wife uncle aunt cousin boy "
    "girl child immigrant refugee worker friend veteran resident citizen widow orphan missionary soldier"
)
"""What else somebody without a name may be called."""
_SEVERAL = words("parents grandparents couple family brothers sisters")
"""A few people who are known by each other; more are a crowd."""
_ANIMALS = words(
    "dog cat horse panda elephant lion tiger bear wolf dolphin whale gorilla chimpanzee monkey pony "
    "puppy kitten bird parrot eagle tortoise turtle penguin giraffe rhino rhinoceros orangutan colt "
    "mare stallion greyhound racehorse spaniel labrador"
)
_HOUSE = re.compile(
    r"\b(?:Inc|Corp|Ltd|LLC|PLC|Group|Company|Holdings|Bank|United|City|Rovers|FC|F\.C\.|AC|Club|Party|Department|"
    r"Ministry|Army|Council|Committee|Court|University|College|Institute|Museum|Orchestra|Police|Administration|Association|"
    r"Airlines|Motors|Technologies|Foundation|House|Senate|Congress|Democrats?|Republicans?|Street|Hall|News|Times|"
    r"Post)\b"
)
_NO_NAME = words("DATE TIME CARDINAL ORDINAL MONEY PERCENT QUANTITY EVENT LAW LANGUAGE NORP")
_SAID_OF = frozenset({"appos", "attr", "compound", "nmod"})
_PLACES = frozenset({"GPE", "LOC", "FAC", "ORG"})


def named(token: Token, *, lenient: bool = False) -> Span | None:
    """The name of the person whom a word means: its own, or the only one named before `she`, `the striker`.

    `lenient` takes a name of several words that is tagged as a place or an organisation for a person's.
    """
    is_role = token.lemma_ in _ROLE and token.tag_ == "NN"
    if token.lower_ in _PRONOUNS or (is_role and any(child.lower_ == "the" for child in token.children)):
        return only_person(token.doc[: token.i])
    if token.dep_ == "appos":
        beside = [token.head, token]
    else:
        beside = [token, *(child for child in token.children if is_role and child.dep_ == "appos")]
    names = (name for word in beside if (name := name_of(word)) is not None)
    return next((name for name in names if is_person(name, lenient=lenient)), None)


def described(token: Token) -> Span | None:
    """A person without a name: a pronoun, or what she is called (his mother, a young engineer)."""
    if token.lower_ in _PRONOUNS or token.text == "I":
        return token.doc[token.i : token.i + 1]
    is_one = token.tag_ == "NN" and token.lemma_ in _ROLE | _KIN
    if not (is_one or (token.lower_ in _SEVERAL and token.pos_ == "NOUN")):
        return None
    start = token.i
    while start > token.sent.start and token.doc[start - 1].dep_ in {"compound", "amod"}:
        start -= 1
    return token.doc[start : token.i + 1]


def name_of(token: Token) -> Span | None:
    """The proper name around a word: the entity that holds it, or the capitals beside it (Jan van Eyck)."""
    doc, start, end = token.doc, token.i, token.i + 1
    entity = next((entity for entity in doc.ents if entity.start <= token.i < entity.end), None)
    if entity is not None and entity.label_ == "PERSON":
        start, end = entity.start, entity.end - (entity[-1].tag_ == "POS" and len(entity) > 1)
    elif token.pos_ != "PROPN":
        return None
    first = token.sent.start
    while start > first:
        before = doc[start - 1]
        is_part = before.pos_ == "PROPN" and (
            before.dep_ in {"compound", "flat"} or doc[start].lower_ in _LINKS
        )
        is_link = before.lower_ in _LINKS and start - 1 > first and doc[start - 2].pos_ == "PROPN"
        if not (is_part or is_link):
            break
        start -= 1
    return doc[start:end]


def is_person(name: Span, *, lenient: bool = False) -> bool:
    """Whether a name is a person's, as far as tags, articles and what else the passage calls it tell."""
    label = name.root.ent_type_
    is_plural = name.root.tag_ in {"NNS", "NNPS"} and len(name) == 1
    if is_plural or _HOUSE.search(name.text) or _has_article(name) or _is_animal(name):
        return False
    if label == "PERSON" or any(
        entity.label_ == "PERSON" and entity[-1].text == name[-1].text for entity in name.doc.ents
    ):
        return True
    if label in _NO_NAME or name.text.isupper():
        return False
    is_called_one = lenient or any(token.lower_ in _PRONOUNS for token in name.doc)
    return label not in _PLACES or (len(name) > 1 and label != "LOC" and is_called_one)


def only_person(text: Span) -> Span | None:
    """The person that a stretch of text names, if it names one alone: Ana Ruiz and Ruiz are one."""
    subjects = [name_of(token) for token in text if token.dep_ in {"nsubj", "nsubjpass"}]
    tagged = [name_of(entity.root) for entity in text.ents if entity.label_ == "PERSON"]
    people: list[Span] = []
    for name in (*tagged, *subjects):
        if name is not None and is_person(name) and not any(_is_one(known, name) for known in people):
            people.append(name)
    return people[0] if len(people) == 1 else None


def subject_of(verb: Token) -> Token | None:
    """Whose act a verb is: its subject, or that of the verb that it hangs on."""
    for child in verb.children:
        if child.dep_ in {"nsubj", "nsubjpass"}:
            is_relative = verb.dep_ == "relcl" and child.lower_ in RELATIVE
            return _antecedent(child, verb.head) if is_relative else child
    if verb.dep_ in {"acl", "relcl"}:
        return verb.head
    above = verb.head
    if verb.dep_ == "pcomp":
        above = above.head
    if above.i == verb.i or verb.dep_ not in {"conj", "xcomp", "advcl", "pcomp", "ccomp", "dep"}:
        return None
    if above.pos_ in {"VERB", "AUX"}:
        return subject_of(above)
    return above if above.pos_ in {"PROPN", "NOUN"} else None


def _antecedent(relative: Token, noun: Token) -> Token | None:
    """Whom a relative clause is of: who, above places beside her; that and which, only a name or a role."""
    if relative.lower_ in {"that", "which"}:
        return noun if noun.pos_ == "PROPN" or noun.lemma_ in _ROLE else None
    while noun.ent_type_ in _PLACES and noun.dep_ in {"pobj", "appos", "conj"}:
        noun = noun.head.head if noun.head.pos_ == "ADP" else noun.head
    return noun


def object_of(verb: Token) -> Token | None:
    """Whom a verb is done to: its object, its subject in the passive, the noun that a participle is of."""
    for child in verb.children:
        if child.dep_ == "nsubjpass":
            is_relative = verb.dep_ == "relcl" and child.lower_ in RELATIVE
            return _antecedent(child, verb.head) if is_relative else child
    for child in verb.children:
        if child.dep_ in {"dobj", "dative"} and child.pos_ in {"PROPN", "NOUN", "PRON"}:
            return child
    if verb.tag_ != "VBN":
        return None
    if verb.dep_ == "acl":
        return verb.head
    if verb.dep_ == "conj" and verb.head.tag_ == "VBN":
        return object_of(verb.head)
    return subject_of(verb) if verb.dep_ in {"conj", "advcl", "xcomp"} else None


def _is_one(first: Span, second: Span) -> bool:
    """Whether two names may be one person's: the words of one are among the other's."""
    ours, theirs = {token.text for token in first}, {token.text for token in second}
    return ours <= theirs or theirs <= ours


def _has_article(name: Span) -> bool:
    """The Nats, a New Yorker: no one's name."""
    return any(child.dep_ == "det" and child.i < name.start for child in name.root.children)


def _is_animal(name: Span) -> bool:
    """Whether any word said of the name, here or in the sentence before, is an animal."""
    for token in name.doc:
        if token.text == name[-1].text:
            near = [token.head, *(child for child in token.children if child.dep_ in _SAID_OF)]
            if token.dep_ in {"nsubj", "nsubjpass"}:
                near += [child for child in token.head.children if child.dep_ == "attr"]
            if any(word.text.islower() and word.lemma_ in _ANIMALS for word in near):
                return True
    return False
