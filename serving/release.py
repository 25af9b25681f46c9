"""Which version of which run is served."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from modules.errors import UserError


class Release(BaseModel):
    """A run, its track, the version in the registry and the bento's tag."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    run: str
    track: str
    version: int
    tag: str

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read `release.json`.

        Raises:
            UserError: if it is absent or says something else.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise UserError(f"{path}: {error.strerror}; serve a released bento") from error
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise UserError(f"{path}: {where}: {first['msg']}; release the run again") from error
