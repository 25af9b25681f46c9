"""How people write a city: names, nicknames, districts, province and city, and errors, each with a weight."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipelines.migration.simulating.cities import City, short_name
from pipelines.migration.simulating.names import (
    cities_meant,
    city_of_pinyin,
    districts_of_units,
    provinces_named,
    short_province,
)

_TWO = 2
_ZIPF = 1.7  # gives about 180,000 distinct texts in 2 million queries
Weights = dict[str, float]


class PlaceForms:
    """The forms of an inventory; none of them means another city to a reader.

    Args:
        phrases: the inventory as its file has it.
        every: all inventories: a nickname or error that two cities have in any of them is written for none.
    """

    def __init__(self, phrases: Mapping[str, Any], every: list[Mapping[str, Any]]) -> None:
        self._phrases = phrases
        self._unsure = {name for one in every for name in one["unsure"]}
        self._claims: dict[str, set[str]] = {}
        for one in every:
            for key in ("aliases", "districts", "typos"):
                for code, names in one[key].items():
                    for name in names:
                        self._claims.setdefault(name.lower(), set()).add(code)

    def chinese(self, city: City) -> Weights:
        """Forms that stand in a Chinese query -> weight; they add up to 1."""
        phrases = self._phrases
        listed = {key: list(phrases[key].get(city.adcode, ())) for key in ("aliases", "districts", "typos")}
        groups: dict[str, Weights] = {
            "patterns": self._filled(city, phrases["patterns"]),
            "aliases": falling(listed["aliases"]),
            "districts": falling(listed["districts"]),
            "city_districts": falling(list(self._city_districts(city))),
            "typos": falling([*listed["typos"], *self._mistyped(city)]),
        }
        return self._shared(groups, lambda form: self._means(form, city))

    def english(self, city: City) -> Weights:
        """Forms that stand in an English query -> weight; they add up to 1."""
        if not self._owns_pinyin(city):  # Suzhou in Anhui: nobody would read the bare name so
            return {f"{city.name_en} {self._sure_name(city)}": 1.0}
        groups = {
            "patterns": self._filled(city, self._phrases["patterns_en"]),
            "typos": falling(list(self._mistyped_letters(city))),
        }
        return self._shared(groups, lambda form: self._means(form, city))

    def _shared(self, groups: dict[str, Weights], wanted: Callable[[str], bool]) -> Weights:
        forms: Weights = {}
        for key, group in groups.items():
            kept = {form: weight for form, weight in group.items() if wanted(form)}
            total = sum(kept.values())
            for form, weight in kept.items():
                forms[form] = forms.get(form, 0.0) + self._phrases["shares"][key] * weight / total
        whole = sum(forms.values())
        return {form: weight / whole for form, weight in forms.items()}

    def _filled(self, city: City, patterns: Mapping[str, float]) -> Weights:
        province = short_province(city.province)
        words = {
            "name": self._sure_name(city),
            "full": city.full_name,
            "province": province,
            "province_full": city.province,
            "en": city.name_en,
            "lower": city.name_en.lower(),
            "upper": city.name_en.upper(),
        }
        usable = {
            pattern: weight
            for pattern, weight in patterns.items()
            if not ("{province" in pattern and province == city.name)
            and (self._owns_pinyin(city) or not any(slot in pattern for slot in ("{en", "{lower", "{upper")))
        }
        return {pattern.format_map(words): weight for pattern, weight in usable.items()}

    def _city_districts(self, city: City) -> Iterator[str]:
        half = 0 if self._phrases["city_districts"] == "even" else 1
        name = self._sure_name(city)
        for district in districts_of_units().get(city.adcode, [])[half::2]:
            short = short_name(district.name)
            if short == city.name:
                continue
            yield name + (short if len(short) >= _TWO else district.name)
            yield f"{name} {district.name}"

    def _mistyped(self, city: City) -> Iterator[str]:
        typing = self._phrases["typing"]
        if typing.get("space_inside"):
            yield f"{city.name[:1]} {city.name[1:]}"
        if typing.get("swap_characters"):
            yield city.name[:-2] + city.name[-1] + city.name[-2]
        yield from self._mistyped_letters(city)

    def _mistyped_letters(self, city: City) -> Iterator[str]:
        letters, typing = city.name_en.lower(), self._phrases["typing"]
        middle = len(letters) // 2
        if typing.get("drop_letter"):
            yield letters[:middle] + letters[middle + 1 :]
        if typing.get("swap_letters"):
            yield letters[: middle - 1] + letters[middle] + letters[middle - 1] + letters[middle + 1 :]

    def _sure_name(self, city: City) -> str:
        return city.name if self._means(city.name, city) else city.full_name

    def _owns_pinyin(self, city: City) -> bool:
        return city_of_pinyin()[city.name_en.lower()] == city.adcode and self._means(city.name, city)

    def _means(self, form: str, city: City) -> bool:
        if form in self._unsure or form in provinces_named():
            return False
        if city_of_pinyin().get(form.lower(), city.adcode) != city.adcode:
            return False
        meant = cities_meant(form)
        if city.adcode not in meant and meant:
            return False
        only = meant or self._claims.get(form.lower(), {city.adcode})
        return only == {city.adcode}


def falling(items: list[str]) -> Weights:
    """Weights of a list in order of popularity: Zipf's law, the k-th from 1 has k ** -1.7."""
    return {item: k**-_ZIPF for k, item in enumerate(items, 1)}
