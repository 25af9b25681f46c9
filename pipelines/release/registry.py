"""The MLflow model registry: one registered model a run, one version a package, one alias."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode
from mlflow.pyfunc import save_model

from modules.errors import UserError
from pipelines.release.package import Package
from pipelines.tracking import tracking_uri

CHAMPION = "champion"
_CODE = Path(__file__).with_name("pyfunc")


@dataclass(frozen=True)
class Registry:
    """The versions of one run's model."""

    run: str

    @property
    def client(self) -> MlflowClient:
        """A client of the store that MLFLOW_TRACKING_URI names."""
        return MlflowClient(tracking_uri())

    def register(self, package: Package, mlflow_run: str, tags: Mapping[str, str], said: str) -> int:
        """The version of a package: the one that is there, or a new one under the evaluate stage's run.

        It is a models-from-code pyfunc with the artefact folder inside; its requirements: the serving lock.

        Args:
            package: what it is made of.
            mlflow_run: of the evaluate stage.
            tags: of a new version.
            said: its description, the model's card.
        """
        client = self.client
        found = self.version_of(package.digest)
        if found is not None:
            return found
        place = f"package-{package.digest[:12]}"
        with tempfile.TemporaryDirectory(prefix="talentflow-register-") as folder:
            package.copy(Path(folder))
            save_model(
                path=Path(folder) / place,
                python_model=str(_CODE / f"{package.track}.py"),
                artifacts={"artefact": str(Path(folder) / "artefact")},
                code_paths=[str(Path(folder) / "modules")],
                pip_requirements=str(Path(folder) / package.lock),
            )
            client.log_artifacts(mlflow_run, str(Path(folder) / place), place)
        if not client.search_registered_models(f"name = '{self.run}'"):
            client.create_registered_model(self.run)
        made = client.create_model_version(
            self.run,
            f"runs:/{mlflow_run}/{place}",
            mlflow_run,
            description=said,
            tags={**tags, "talentflow.package": package.digest},
        )
        return int(made.version)

    def version_of(self, digest: str) -> int | None:
        """The first version of a package, if it was ever registered."""
        found = self.client.search_model_versions(
            f"name = '{self.run}' AND tag.`talentflow.package` = '{digest}'"
        )
        return min((int(version.version) for version in found), default=None)

    def version(self, number: int) -> ModelVersion:
        """A version as MLflow has it.

        Raises:
            UserError: if this store has no such version.
        """
        try:
            return self.client.get_model_version(self.run, str(number))
        except MlflowException as error:
            if error.error_code != ErrorCode.Name(RESOURCE_DOES_NOT_EXIST):
                raise _unreachable(error) from error
            raise UserError(
                f"MLflow: model {self.run} has no version {number} in this store; set MLFLOW_TRACKING_URI to "
                "the store it was released to"
            ) from error

    def champion(self) -> int | None:
        """The version that the alias names.

        Raises:
            UserError: if the store does not answer.
        """
        try:
            found = self.client.search_registered_models(f"name = '{self.run}'")
        except MlflowException as error:
            raise _unreachable(error) from error
        named = found[0].aliases.get(CHAMPION) if found else None
        return None if named is None else int(named)

    def move_alias(self, number: int) -> None:
        """Let the alias name a version."""
        self.client.set_registered_model_alias(self.run, CHAMPION, str(number))

    def download(self, number: int, folder: Path) -> Path:
        """Fetch a version's files from where MLflow says they are; the artefact folder among them.

        Raises:
            UserError: if they are not there.
        """
        source = self.version(number).source
        try:
            uri = self.client.get_model_version_download_uri(self.run, str(number))
            top = download_artifacts(uri, dst_path=str(folder), tracking_uri=tracking_uri())
        except (MlflowException, OSError) as error:
            raise UserError(
                f"MLflow: model {self.run} v{number}: its source {source} cannot be read: {error}"
            ) from error
        found = sorted(path.parent for path in Path(top).rglob("MANIFEST.sha256"))
        if not found:
            raise UserError(f"MLflow: model {self.run} v{number}: its source {source} holds no artefact")
        return found[0]


def _unreachable(error: MlflowException) -> UserError:
    return UserError(f"MLflow: {tracking_uri()} does not answer as it should: {str(error).splitlines()[0]}")
