"""The pointer file: which bento of a run is served, written last by a release and read first by servers."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from modules.errors import UserError


class Pointer(BaseModel):
    """A champion of the registry."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    run: str
    version: int
    tag: str
    path: str
    """The bento's folder, relative to the registry's."""
    sha256: str
    """Of the bento's manifest."""
    entry: str
    """sha256 of the ledger's entry that made it champion."""

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The pointer of a file, `.../runs/RUN/champion.json`; none if there is no such file.

        Raises:
            UserError: if it cannot be read as one.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            raise UserError(
                f"{path}: is not a pointer; delete it, talentflow registry release {path.parent.name} "
                "writes it anew"
            ) from error
