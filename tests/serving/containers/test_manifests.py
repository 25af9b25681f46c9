"""Compose file and Kubernetes manifests: of their schemas, and of the service that there is."""

import re
import subprocess
import sys
from typing import Any

import kubernetes_validate
import pytest
from ruamel.yaml import YAML

from serving.settings import DRAIN
from tests.conftest import TOP

PLACE = TOP / "serving" / "containers"
COMPOSE = PLACE / "compose.yaml"
KUBERNETES = PLACE / "kubernetes"
CONTAINERFILE = (PLACE / "Containerfile").read_text(encoding="utf-8")


def manifest(name: str) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(KUBERNETES / f"{name}.yaml")
    return found


def compose() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(COMPOSE)["services"]["talentflow"]
    return found


def pod() -> dict[str, Any]:
    found: dict[str, Any] = manifest("deployment")["spec"]["template"]["spec"]
    return found


def test_the_compose_file_is_of_its_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["deployment", "service", "autoscaler", "network-policy"])
def test_a_manifest_is_of_its_schema_and_is_applied(name: str) -> None:
    kubernetes_validate.validate(manifest(name), "1.34", strict=True)
    assert f"{name}.yaml" in manifest("kustomization")["resources"]


def test_nobody_is_root_and_nothing_is_written_but_under_tmp() -> None:
    (user,) = re.findall(r"^USER (\S+)$", CONTAINERFILE, flags=re.MULTILINE)
    service, security, container = compose(), pod()["securityContext"], pod()["containers"][0]
    assert user == service["user"] == f"{security['runAsUser']}:{security['runAsGroup']}"
    assert security["runAsNonRoot"]
    assert service["read_only"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert not container["securityContext"]["allowPrivilegeEscalation"]
    assert service["cap_drop"] == container["securityContext"]["capabilities"]["drop"] == ["ALL"]
    written = [mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")]
    assert written == ["/tmp"] == [mount.partition(":")[0] for mount in service["tmpfs"]]  # noqa: S108


def test_the_token_is_a_secret_and_stands_in_no_file_of_ours() -> None:
    service, container = compose(), pod()["containers"][0]
    (secret,) = service["secrets"]
    assert service["environment"] == {"TALENTFLOW_TOKEN_FILE": f"/run/secrets/{secret}"}
    (variable,) = container["env"]
    mounted = next(each["mountPath"] for each in container["volumeMounts"] if each["name"] == "token")
    assert variable["name"] == "TALENTFLOW_TOKEN_FILE"
    assert variable["value"].startswith(f"{mounted}/")
    assert next(each for each in pod()["volumes"] if each["name"] == "token")["secret"]


def test_probes_ports_and_times_are_those_of_the_service() -> None:
    container = pod()["containers"][0]
    probes = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")}
    assert {kind: probe["path"] for kind, probe in probes.items()} == {
        "startup": "/readyz",
        "readiness": "/readyz",
        "liveness": "/livez",
    }
    (port,) = re.findall(r"BENTOML_PORT=(\d+)", CONTAINERFILE)
    assert [int(port)] == [each["containerPort"] for each in container["ports"]]
    assert manifest("network-policy")["spec"]["ingress"][0]["ports"][0]["port"] == int(port)
    assert compose()["ports"][0].endswith(f":{port}")
    assert compose()["ports"][0].startswith("127.0.0.1:")
    waits = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod()["terminationGracePeriodSeconds"] > waits + DRAIN
    assert int(compose()["stop_grace_period"].removesuffix("s")) > DRAIN
    assert {"cpu", "memory"} <= container["resources"]["limits"].keys()
    scaled = manifest("autoscaler")["spec"]["scaleTargetRef"]["name"]
    assert scaled == manifest("deployment")["metadata"]["name"]
