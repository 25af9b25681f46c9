"""The source of a simulated transfer run."""

from typing import Literal

from pydantic import Field

from pipelines.config.section import Section


class SimulateArticlesSource(Section):
    """News of people who move between countries, from planted flows, told by families of sentences."""

    kind: Literal["simulate"]
    articles: int = Field(default=3000, ge=50, le=1_000_000)
    """Articles before syndication and dirt."""
    countries: int = Field(default=40, ge=4, le=193)
    """How many of the most populous member states take part."""
    first: int = Field(default=2005, ge=1990, le=2100)
    """First year of the moves."""
    years: int = Field(default=15, ge=2, le=60)
    """How many years they go on."""
    moves: float = Field(default=0.4, gt=0, le=1)
    """Share of the articles that tell of a move."""
    hard_negatives: float = Field(default=0.4, ge=0, le=1)
    """Share of the articles that tell of something that only looks like a move."""
    syndicated: float = Field(default=0.08, ge=0, le=0.5)
    """Share of the articles that a second host prints, with a word changed."""
    dirt: float = Field(default=1.0, ge=0, le=10)
    """Multiplies the share of articles that are spoilt (1: some 1 % a reason); 0 is clean."""
