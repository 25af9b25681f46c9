"""A mention of a place, a people or an organisation to the country that it counts for."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from modules.transfer.places.context import Context, around, counted
from modules.transfer.places.forms import (
    bare,
    is_acronym,
    is_county,
    is_shortened,
    qualifiers,
    seat,
    variants,
)
from modules.transfer.places.gazetteer import Gazetteer
from modules.transfer.places.names import name_key
from modules.transfer.places.organisations import LARGE, SHORTEST, inner_names
from modules.transfer.places.policy import Entity, Policy, Settings, policy

Status = Literal["RESOLVED", "AMBIGUOUS", "UNRESOLVED", "DROPPED"]

PEOPLE = "name of a people"
CLEAR = 5.0
"""Times that the best country's weight has to be the next one's, for a name to mean one country."""
SMALL = 5_000.0
"""Inhabitants up to which a place is too small to be meant, unless the text names its country."""
NEARBY = 20.0
"""How much more a place weighs for each time that the text names its country."""
_STATES_KNOWN = ("USA", "CAN", "AUS")
"""Countries whose cities the gazetteer puts into the states that it lists."""


@dataclass(frozen=True)
class Resolved:
    """What a mention counts for, and by which rule."""

    mention: str
    status: Status
    iso3: str | None
    """Of a member state, where the mention is resolved."""
    rule: str
    raw_entity: str | None = None
    """Code or name of what was meant before the policy."""
    candidates: tuple[tuple[str, float], ...] = ()
    """Countries that it may be, with the share that speaks for each."""


class Normaliser:
    """The rules, in order: a qualifier, names, peoples, shared names, cities and subdivisions, organisations.

    Never a guess: where the best country does not outweigh the next by `CLEAR`, the answer is AMBIGUOUS.

    Args:
        gazetteer: of what is no country.
        settings: what the policy is to do about territories and the like.
        rules: the committed tables.
    """

    def __init__(
        self, gazetteer: Gazetteer, settings: Settings | None = None, rules: Policy | None = None
    ) -> None:
        self.gazetteer, self.settings, self.policy = gazetteer, settings or Settings(), rules or policy()

    def __call__(self, mention: str, context: Context | None = None) -> Resolved:
        """The country of a mention, given what stands around it."""
        said = bare(mention)
        near = context or Context()
        if not name_key(said):
            return Resolved(mention, "UNRESOLVED", None, "empty or in another script")
        for attempt in self._attempts(said, near):
            return self._told(mention, *attempt)
        return Resolved(mention, "UNRESOLVED", None, "no place of that name")

    def _told(self, mention: str, weights: Mapping[Entity, float], rule: str) -> Resolved:
        ranked = sorted(weights.items(), key=lambda each: (-each[1], each[0].code))
        total = sum(weights.values())
        shares = tuple((entity.code, round(weight / total, 4)) for entity, weight in ranked[:5])
        entity, best = ranked[0]
        if len(ranked) > 1 and best < CLEAR * ranked[1][1]:
            return Resolved(mention, "AMBIGUOUS", None, rule, None, shares)
        if not entity.code:
            return Resolved(mention, "UNRESOLVED", None, f"{entity.kind}: no one country")
        code, why = self.policy.decide(entity, self.settings)
        if code is None:
            return Resolved(mention, "DROPPED", None, f"{rule}; {why}", entity.code, shares)
        return Resolved(mention, "RESOLVED", code, rule, entity.code, shares)

    def _attempts(self, said: str, near: Context) -> Iterator[tuple[Mapping[Entity, float], str]]:
        yield from self._qualified(said, near)
        if is_county(said):
            yield {self._entity("USA"): 1.0}, "county"
        for text in variants(said):
            yield from self._named(text, near)
            yield from self._placed(text, near)
        yield from self._organised(said, near)
        yield from self._branch(said, near)
        yield from self._seated(near)

    def _qualified(self, said: str, near: Context) -> Iterator[tuple[Mapping[Entity, float], str]]:
        """`Paris, Texas`: the part behind the comma decides, if the part before it can lie there.

        Where the mention has none, the first of the same name that has one: one sense a text.
        """
        inner, _, outer = said.partition(",")
        if outer:
            yield from self._within(inner, outer, told=True)
            return
        for outer in qualifiers(said, near.after, near.text):
            yield from self._within(said, outer, told=False)

    def _within(self, inner: str, outer: str, *, told: bool) -> Iterator[tuple[Mapping[Entity, float], str]]:
        """The longest run of words behind the comma that names anything: `Tbilisi, Georgia and ...`."""
        country = name_key(inner) in self.policy.names
        words = outer.split()
        for length in range(len(words), 0, -1):
            codes = self._outer(" ".join(words[:length]))
            if not codes:
                continue
            # "Jordan, Lebanon and Georgia" is a list; "Jordan, Utah" is a town.
            if country:
                codes = [each for each in codes if each[0] == "USA" and each[1]]
            places = [
                place
                for place in self.gazetteer.find(name_key(inner))
                if (place.iso3, "") in codes or (place.iso3, place.admin) in codes
            ]
            if places:
                yield {self._entity(places[0].iso3): 1.0}, "qualified by what follows"
            elif told and codes:
                yield {self._entity(codes[0][0]): 1.0}, "in the place that follows"
            return

    def _outer(self, text: str) -> list[tuple[str, str]]:
        """Country and subdivision (empty: all of it) that a qualifier may name."""
        key = name_key(text)
        found = []
        if key in self.policy.abbreviations:
            code, full = self.policy.abbreviations[key]
            found += [
                (code, place.admin)
                for place in self.gazetteer.find(name_key(full))
                if place.iso3 == code and place.sort == "subdivision"
            ]
        entity = self.policy.names.get(key)
        if entity is not None and entity.code in self.policy.members:
            found.append((entity.code, ""))
        if key in self.policy.shared:
            found += [(code, "") for code in self.policy.shared[key].cues if code != "USA"]
        if key in self.policy.parts:
            found.append((self.policy.parts[key], ""))
        found += [
            (place.iso3, place.admin if place.iso3 in _STATES_KNOWN else "")
            for place in self.gazetteer.find(key)
            if place.sort == "subdivision"
        ]
        return found

    def _named(self, said: str, near: Context) -> Iterator[tuple[Mapping[Entity, float], str]]:
        key = name_key(said)
        if key in self.policy.shared:
            yield self._shared(key, near), "a name that countries share"
        entity = self.policy.names.get(key)
        if entity is not None:
            yield {entity: 1.0}, "name of a country" if entity.kind == "member" else f"name of: {entity.kind}"
        entity = self.policy.demonyms.get(key)
        if entity is not None:
            yield {entity: 1.0}, PEOPLE
        if key in self.policy.parts:
            yield {self._entity(self.policy.parts[key]): 1.0}, "well-known part of a country"
        if key in self.policy.institutions:
            yield {self._entity(self.policy.institutions[key]): 1.0}, "well-known institution"
        if key in self.policy.abbreviations and is_shortened(said):
            yield {self._entity(self.policy.abbreviations[key][0]): 1.0}, "abbreviation of a state"

    def _shared(self, key: str, near: Context) -> Mapping[Entity, float]:
        """Weights of the countries that share a name: by how often their cues stand in the text."""
        shared = self.policy.shared[key]
        told = {
            code: sum(len(re.findall(rf"(?<!\w){re.escape(cue)}(?!\w)", near.text)) for cue in cues)
            for code, cues in shared.cues.items()
        }
        if not any(told.values()) and shared.otherwise is not None:
            told[shared.otherwise] = 1
        if not any(told.values()):
            told = dict.fromkeys(told, 1)
        return {self._entity(code): float(count) for code, count in told.items() if count}

    def _placed(self, said: str, near: Context) -> Iterator[tuple[Mapping[Entity, float], str]]:
        """Cities and subdivisions, each as heavy as its people and as often as the text names its country."""
        least = LARGE if is_acronym(said) else 0.0
        weights: dict[Entity, float] = {}
        sorts: dict[Entity, str] = {}
        for place in self.gazetteer.find(name_key(said)):
            if place.sort != "university" and place.weight >= least:
                entity = self._entity(place.iso3)
                sorts.setdefault(entity, place.sort)
                weight = place.weight * (1 + NEARBY * near.countries[place.iso3])
                weight *= 1 + NEARBY * near.countries[f"{place.iso3}-{place.admin}"]
                weights[entity] = max(weights.get(entity, 0.0), weight)
        if weights and max(weights.values()) >= SMALL:
            yield weights, sorts[max(weights, key=lambda entity: weights[entity])]

    def _organised(self, said: str, near: Context) -> Iterator[tuple[Mapping[Entity, float], str]]:
        """An organisation: listed, or with a place in its name."""
        listed = {
            self._entity(place.iso3): place.weight
            for place in self.gazetteer.find(name_key(said))
            if place.sort == "university"
        }
        inside = self._inside(said, near)
        if listed and inside:
            # What the name itself says decides between two listings, and makes a guess of one by .edu alone.
            other = max(inside[0], key=lambda entity: inside[0][entity])
            if other in listed:
                listed[other] *= 2 * CLEAR
            elif max(listed.values()) < 1:
                listed[other] = max(listed.values())
        if listed:
            yield listed, "listed university"
        elif inside:
            yield inside

    def _branch(self, said: str, near: Context) -> Iterator[tuple[Mapping[Entity, float], str]]:
        """`Google Paris`: a house that is everywhere, and a place that says which."""
        words = said.split()
        for cut in range(1, len(words)):
            house = self.policy.names.get(name_key(" ".join(words[:cut])))
            if house is not None and house.kind == "everywhere":
                yield from self._named(" ".join(words[cut:]), near)
                yield from self._placed(" ".join(words[cut:]), near)

    def _seated(self, near: Context) -> Iterator[tuple[Mapping[Entity, float], str]]:
        """What nobody lists, where the text says right behind it where it is: `the Academy in Stockholm`."""
        place = seat(near.after)
        if place is not None:
            around_it = Context("", near.text, near.countries)
            for weights, _ in (*self._named(place, around_it), *self._placed(place, around_it)):
                yield weights, "in the place that follows"

    def _inside(self, said: str, near: Context) -> tuple[Mapping[Entity, float], str] | None:
        """What the longest place in an institution's name stands for: countries and peoples before cities."""
        inner = list(inner_names(said))
        for text in inner:
            for weights, rule in self._named(text, near):
                if rule != PEOPLE:
                    return weights, f"in the name, {text}: {rule}"
        for text in inner:
            if text.casefold() not in self.policy.generic and len(text) >= SHORTEST:
                for weights, rule in self._placed(text, near):
                    if max(weights.values()) >= LARGE:
                        return weights, f"in the name, {text}: {rule}"
        # Last: the American University of Beirut is in Lebanon.
        for text in inner:
            for weights, rule in self._named(text, near):
                return weights, f"in the name, {text}: {rule}"
        return None

    def is_place(self, words: str) -> bool:
        """Whether some words may name a place, a people or a listed institution; cheap, not sure."""
        key = name_key(words)
        tables = self.policy
        if any(key in each for each in (tables.names, tables.demonyms, tables.shared, tables.parts)):
            return True
        found = self.gazetteer.find(key)
        return key in tables.institutions or any(
            place.sort == "university" or place.weight >= SMALL for place in found
        )

    def near(self, text: str, end: int) -> Context:
        """The context of a mention that ends at text[end]."""
        return around(text, end, self.context(text))

    def context(self, text: str) -> Counter[str]:
        """How often a text names each country, by its names, its people, its parts and its subdivisions."""
        return counted(text, self._country_of)

    def _country_of(self, words: str) -> tuple[str, ...]:
        """Alpha-3 of what some words name beyond doubt, and its state, if it is one."""
        key = name_key(words)
        if key in self.policy.shared:
            return ()
        code = self.policy.country_of(key)
        if code is not None:
            return (code,)
        if key in self.policy.abbreviations and is_shortened(words):
            key = name_key(self.policy.abbreviations[key][1])
        found = self.gazetteer.find(key)
        state = next((place for place in found if place.sort == "subdivision"), None)
        if state is None:
            return ()
        rest = max((place.weight for place in found if place.iso3 != state.iso3), default=0.0)
        return (state.iso3, f"{state.iso3}-{state.admin}") if state.weight >= CLEAR * rest else ()

    def _entity(self, code: str) -> Entity:
        return self.policy.entities[code]
