"""The Helm chart: its files agree with each other, and what Helm renders from them would work together.

What only Helm can tell is skipped, visibly, where there is no Helm.
"""
import fnmatch
import json
import os
import re
import subprocess

import pytest
import yaml

from chart import CHART, KUBE_VERSION, ROOT, VALUE_FILES, helm, needs_helm, port_names, read, render, selects, workspace
from conftest import BINARY, Server

KINDS = {
    "v1": {"ConfigMap", "Secret", "Service", "ServiceAccount", "Pod"},
    "apps/v1": {"StatefulSet", "DaemonSet"},
    "rbac.authorization.k8s.io/v1": {"ClusterRole", "ClusterRoleBinding"},
    "networking.k8s.io/v1": {"Ingress", "NetworkPolicy"},
    "policy/v1": {"PodDisruptionBudget"},
    "monitoring.coreos.com/v1": {"ServiceMonitor"},
}


@pytest.fixture(scope="module", params=[None, *VALUE_FILES], ids=lambda path: path.stem if path else "default")
def rendered(request):
    return render(*(["--values", request.param] if request.param else []))


# === What needs no Helm.

def test_chart_carries_the_version_and_licence_of_the_workspace():
    chart = read("Chart.yaml")
    assert (chart["apiVersion"], chart["type"]) == ("v2", "application")
    assert chart["appVersion"] == workspace("version")
    assert chart["annotations"]["artifacthub.io/license"] == workspace("license")


def leaves(values, schema, path=()):
    """Pairs each value's path with whether the schema names it."""
    for key, value in values.items():
        known = schema.get("properties", {}).get(key)
        yield (*path, key), known is not None
        if known and "$ref" in known:
            known = json.loads((CHART / "values.schema.json").read_text())["$defs"][known["$ref"].rsplit("/", 1)[1]]
        if known and isinstance(value, dict) and "properties" in known:
            yield from leaves(value, known, (*path, key))


def test_every_value_is_in_the_schema_and_nothing_else_is_taken():
    schema = json.loads((CHART / "values.schema.json").read_text())
    assert schema["additionalProperties"] is False
    unknown = [".".join(path) for path, known in leaves(read("values.yaml"), schema) if not known]
    assert unknown == []


def test_schema_accepts_values_and_examples():
    jsonschema = pytest.importorskip("jsonschema", reason="the package jsonschema is not installed")
    validator = jsonschema.Draft7Validator(json.loads((CHART / "values.schema.json").read_text()))
    for path in ["values.yaml", *VALUE_FILES]:
        values = read(path)
        if path != "values.yaml":  # Helm checks what results; a part of a port alone lacks what is required
            values = merged(read("values.yaml"), values)
        assert [error.message for error in validator.iter_errors(values)] == [], path


def merged(base, over):
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}


def documented():
    """Paths of values with a comment right above them."""
    above, stack = "", []
    for line in (CHART / "values.yaml").read_text().splitlines():
        key = re.match(r"( *)(\w+):", line)
        if key:
            stack = stack[:len(key.group(1)) // 2] + [key.group(2)]
            if above.startswith("#"):
                yield tuple(stack)
        above = line.strip()


def test_every_value_or_its_group_is_commented():
    schema, paths = json.loads((CHART / "values.schema.json").read_text()), set(documented())
    bare = [".".join(path) for path, _ in leaves(read("values.yaml"), schema)
            if not any(path[:n] in paths for n in range(1, len(path) + 1))
            and not any(other[:len(path)] == path for other in paths)]
    assert bare == []


def test_readme_lists_every_group_of_values():
    text = (CHART / "README.md").read_text()
    assert [key for key in read("values.yaml") if f"`{key}" not in text] == []


def patterns():
    return read("values.yaml")["collector"]["logs"]


@pytest.mark.parametrize("line, level", [
    ('{"ts":1,"level":"warn","msg":"x"}', "warn"),
    ('{"levelname": "ERROR", "message": "x"}', "ERROR"),
    ('time=2024-01-01 level=info msg="x"', "info"),
    ("2024-05-01 12:00:00,123 ERROR [app] [a.py:3] [trace_id=0 span_id=0] - no", "ERROR"),
    ("2024-05-01T12:00:00.123Z  INFO 1 --- [main] c.e.App : up", "INFO"),
    ("[2024-05-01 12:00:00 +0000] [7] [INFO] Booting", None),
    ("plain text without any", None),
    ("the level of water is fine", None),
])
def test_levels_are_found_in_text(line, level):
    found = re.search(patterns()["patterns"]["severity"], line)
    assert (found and found.group("level")) == level


@pytest.mark.parametrize("line, trace, span", [
    ("x [trace_id=5b8efff798038103d269b633813fc60c span_id=eee19b7ec3c1b174 resource.service.name=a] - m",
     "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"),
    ('{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174"}',
     "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"),
    ("TraceID: 5B8EFFF798038103D269B633813FC60C", "5B8EFFF798038103D269B633813FC60C", None),
    ("[trace_id=0 span_id=0]", None, None),
    ("trace_id=5b8efff798038103d269b633813fc60c99", None, None),
])
def test_trace_ids_are_found_in_text(line, trace, span):
    for name, expected in (("traceId", trace), ("spanId", span)):
        found = re.search(patterns()["patterns"][name], line)
        assert (found and found.group("id")) == expected


def test_a_python_traceback_continues_the_line_that_announced_it():
    continuation = patterns()["multiline"]["continuation"]
    entry = ["2024-05-01 12:00:00,123 ERROR [app] - failed", "Traceback (most recent call last):",
             '  File "a.py", line 3, in <module>', "    f()", "KeyError: 'x'", "",
             "During handling of the above exception, another exception occurred:", "",
             "Traceback (most recent call last):", "app.errors.NotFoundError: y"]
    entry = [line for line in entry if line]
    assert [bool(re.search(continuation, line)) for line in entry] == [False] + [True] * (len(entry) - 1)
    for first in ("INFO:     127.0.0.1 - GET /", "Errors: 3", '{"a": 1}', "Exceptional: yes"):
        assert not re.search(continuation, first)


# === What Helm renders.

@needs_helm
@pytest.mark.parametrize("path", [None, *VALUE_FILES], ids=lambda path: path.stem if path else "default")
def test_lint_has_nothing_to_say(path):
    code, text = helm("lint", "--strict", KUBE_VERSION, CHART, *(["--values", path] if path else []))
    assert code == 0 and not re.search(r"\[WARNING\]|\[ERROR\]|Fail:", text), text


@needs_helm
@pytest.mark.parametrize("setting", [
    "nonsense=1", "persistence.sise=1Gi", "ports.loki.prot=3100", "terminationGracePeriodSeconds=10",
    "ports.http.enabled=false", "retention.logs.time=a week", "grafana.datasources.loki.uid=not/a/uid",
    "ports.otlpGrpc.enabled=false",
])
def test_wrong_values_are_refused(setting):
    code, text = helm("template", "aio", CHART, KUBE_VERSION, "--set", setting)
    assert code != 0, text
    assert setting.split("=")[0].rsplit(".", 1)[-1] in text


@needs_helm
def test_every_document_is_of_a_known_kind_and_named_once(rendered):
    seen = set()
    for document in rendered.documents:
        assert document["kind"] in KINDS.get(document["apiVersion"], ()), document
        name = (document["kind"], document["metadata"].get("namespace"), document["metadata"]["name"])
        assert name not in seen and len(document["metadata"]["name"]) <= 63
        seen.add(name)


@needs_helm
def test_nothing_needs_a_custom_resource_by_default():
    versions = {document["apiVersion"] for document in render().documents}
    assert not any("coreos" in version or "apiextensions" in version for version in versions)


@needs_helm
def test_workloads_select_their_own_pods_alone(rendered):
    for workload in rendered.workloads():
        selector = workload["spec"]["selector"]["matchLabels"]
        assert selects(selector, workload["spec"]["template"]["metadata"]["labels"])
        assert sum(selects(selector, labels) for labels, _ in rendered.pods()) == 1


@needs_helm
def test_services_reach_named_ports_of_one_workload(rendered):
    for service in rendered.all("Service"):
        spec = service["spec"]
        if spec["type"] == "ExternalName":
            name = spec["externalName"].split(".")[0]
            assert name in [other["metadata"]["name"] for other in rendered.all("Service")]
            continue
        targets = [pod for labels, pod in rendered.pods() if selects(spec["selector"], labels)]
        assert len(targets) == 1, service["metadata"]["name"]
        for port in spec["ports"]:
            assert port["targetPort"] in port_names(targets[0]), (service["metadata"]["name"], port)
        assert len({port["name"] for port in spec["ports"]}) == len(spec["ports"])
        assert len({port["port"] for port in spec["ports"]}) == len(spec["ports"])


@needs_helm
def test_probes_and_mounts_name_what_exists(rendered):
    for _, pod in rendered.pods():
        claimed = {volume["name"] for volume in pod.get("volumes", [])}
        claimed |= {"data"} if any("data" == c["metadata"]["name"] for s in rendered.all("StatefulSet")
                                   for c in s["spec"].get("volumeClaimTemplates", [])) else set()
        for container in pod["containers"]:
            for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
                if kind in container:
                    assert container[kind]["httpGet"]["port"] in port_names(pod)
            assert {mount["name"] for mount in container.get("volumeMounts", [])} <= claimed
    configs = {c["metadata"]["name"] for c in rendered.all("ConfigMap")}
    for _, pod in rendered.pods():
        for volume in pod.get("volumes", []):
            assert volume.get("configMap", {}).get("name") in {None, *configs}


@needs_helm
def test_pods_have_no_more_rights_than_they_need(rendered):
    for labels, pod in rendered.pods():
        collector = labels["app.kubernetes.io/component"] == "collector"
        assert pod["automountServiceAccountToken"] is collector
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert collector or pod["securityContext"]["runAsNonRoot"] is True
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] and not context["allowPrivilegeEscalation"]
            assert context["capabilities"] == {"drop": ["ALL"]} and "privileged" not in context
            assert "memory" in container["resources"]["limits"]
        writable = [m for c in pod["containers"] for m in c.get("volumeMounts", []) if not m.get("readOnly")]
        hosts = {v["name"] for v in pod.get("volumes", []) if "hostPath" in v}
        assert {m["name"] for m in writable} & hosts <= {"state"}


@needs_helm
def test_server_is_one_replica_that_may_finish(rendered):
    spec = rendered.one("StatefulSet")["spec"]
    assert spec["replicas"] == 1 and spec["template"]["spec"]["terminationGracePeriodSeconds"] > 30
    assert spec["serviceName"] in [service["metadata"]["name"] for service in rendered.all("Service")]
    container = spec["template"]["spec"]["containers"][0]
    paths = [container[kind]["httpGet"]["path"] for kind in ("startupProbe", "readinessProbe", "livenessProbe")]
    assert paths == ["/ready", "/ready", "/-/healthy"]


@needs_helm
def test_configuration_opens_the_ports_of_the_pod(rendered):
    config = yaml.safe_load(rendered.server_config())
    ports = rendered.one("StatefulSet")["spec"]["template"]["spec"]["containers"][0]["ports"]
    addresses = [value for key, value in config["server"].items() if key != "external_url" and value != "off"]
    assert sorted(int(a.rsplit(":", 1)[1]) for a in addresses) == sorted(port["containerPort"] for port in ports)
    assert config["storage"]["data_dir"] == "/data"


@needs_helm
def test_configuration_passes_the_servers_own_check(rendered, tmp_path):
    if not BINARY.exists():
        pytest.skip(f"{BINARY} is not built")
    path = tmp_path / "observer.yaml"
    path.write_text(rendered.server_config())
    done = subprocess.run([BINARY, "check", path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_helm
def test_server_starts_with_it_and_answers_what_the_test_pod_asks(tmp_path):
    if not BINARY.exists():
        pytest.skip(f"{BINARY} is not built")
    default = render()
    path = tmp_path / "observer.yaml"
    path.write_text(re.sub(r"0\.0\.0\.0:\d+", "127.0.0.1:0", default.server_config()))
    server = Server(tmp_path / "data", "--config", path)
    try:
        base = "http://aio-observer-aio.observability.svc:4320"
        command = default.one("Pod", "-test")["spec"]["containers"][0]["command"]
        asked = [argument.removeprefix(base) for argument in command if base in argument]
        assert len(asked) == 4
        assert [server.request(question)[0] for question in asked] == [200] * 4
        assert server.request("/-/healthy")[0] == 200
    finally:
        server.stop()


@needs_helm
def test_large_numbers_and_secrets_stay_as_they_were_written(tmp_path):
    values = tmp_path / "values.yaml"
    values.write_text("config: { metrics: { promql: { max_samples: 50000000 } }, auth: { tokens: [{ token: '${TOKEN}' }] } }\n")
    text = render("--values", values).server_config()
    assert "max_samples: 50000000" in text and "token: ${TOKEN}" in text


@needs_helm
def test_a_changed_configuration_restarts_the_pod():
    def checksum(*arguments):
        template = render(*arguments).one("StatefulSet")["spec"]["template"]
        return template["metadata"]["annotations"]["checksum/config"]
    assert checksum() == checksum() != checksum("--set", "retention.logs.time=3d")


@needs_helm
@pytest.mark.parametrize("setting, volume", [
    ("persistence.existingClaim=mine", {"name": "data", "persistentVolumeClaim": {"claimName": "mine"}}),
    ("persistence.enabled=false", {"name": "data", "emptyDir": {"sizeLimit": "10Gi"}}),
])
def test_other_volumes_take_the_place_of_the_claim(setting, volume):
    spec = render("--set", setting).one("StatefulSet")["spec"]
    assert "volumeClaimTemplates" not in spec and volume in spec["template"]["spec"]["volumes"]


def contract():
    """The data source file that clients' contracts ask for, where it is at hand."""
    folder = os.environ.get("OBSERVER_SHARED") or ROOT.parent / "shared"
    path = os.path.join(folder, "contracts", "provisioning.md")
    if not os.path.exists(path):
        pytest.skip(f"{path} is not there")
    text = open(path).read()
    return yaml.safe_load(text[text.index("```yaml\n") + 8:text.index("\n```\n", text.index("```yaml\n"))])


@needs_helm
def test_data_sources_are_those_of_the_contract():
    url = "http://aio-observer-aio.observability.svc:4320"
    expected = json.loads(json.dumps(contract()).replace("http://observer-aio:PORT", url))
    options = ("deleteExisting=true", "alertmanager.enabled=true", "tempo.streaming=true")
    arguments = [part for option in options for part in ("--set", f"grafana.datasources.{option}")]
    assert render(*arguments).datasources() == expected


@needs_helm
def test_data_sources_by_default_are_those_that_are_served():
    default = render()
    assert [source["type"] for source in default.datasources()["datasources"]] == ["prometheus", "loki", "tempo"]
    assert "alertmanager" not in json.dumps(default.datasources()).lower()
    assert default.one("ConfigMap", "-grafana-datasources")["metadata"]["labels"]["grafana_datasource"] == "1"


@needs_helm
def test_data_sources_with_a_password_are_a_secret(tmp_path):
    sources = render("--values", CHART / "ci" / "all-on-values.yaml")
    assert sources.one("Secret", "-grafana-datasources")
    for source in sources.datasources()["datasources"]:
        assert source["basicAuth"] and source["basicAuthUser"] == "grafana"
        assert source["secureJsonData"]["basicAuthPassword"] == "p: #$$x"
        assert source["jsonData"]["httpHeaderName1"] == "X-Scope-OrgID"
        assert source["secureJsonData"]["httpHeaderValue1"] == "team-a"
        assert source["secureJsonData"]["tlsCACert"].startswith("-----BEGIN")


@needs_helm
def test_collector_pipelines_use_what_is_defined(rendered):
    if not rendered.all("DaemonSet"):
        return
    config = rendered.collector_config()
    for name, pipeline in config["service"]["pipelines"].items():
        for kind in ("receivers", "processors", "exporters"):
            assert set(pipeline[kind]) <= set(config[kind]), name
    assert set(config["service"]["extensions"]) <= set(config["extensions"])
    variables = set(re.findall(r"\$\{env:(\w+)\}", json.dumps(config)))
    container = rendered.one("DaemonSet")["spec"]["template"]["spec"]["containers"][0]
    assert variables <= {variable["name"] for variable in container["env"]}
    # The collector would expand, or unescape, any other.
    assert not re.search(r"\$\$|\$\{(?!env:)", json.dumps(config))


@needs_helm
def test_collector_sends_to_the_server_of_the_release(rendered):
    if not rendered.all("DaemonSet"):
        return
    host, port = rendered.collector_config()["exporters"]["otlp_grpc"]["endpoint"].rsplit(":", 1)
    service = [s for s in rendered.all("Service") if s["metadata"]["name"] == host.split(".")[0]]
    assert len(service) == 1 and int(port) in [p["port"] for p in service[0]["spec"]["ports"] if p["name"] == "otlp-grpc"]
    assert host.split(".")[1] == service[0]["metadata"]["namespace"]


@needs_helm
def test_collector_does_not_read_its_own_lines():
    excluded = render().collector_config()["receivers"]["file_log"]["exclude"]
    def read_by_collector(pod, container):
        path = f"/var/log/pods/{pod}_0123/{container}/0.log"
        return not any(fnmatch.fnmatch(path, pattern) for pattern in excluded)
    assert not read_by_collector("observability_aio-observer-aio-collector-x7k2p", "collector")
    assert not read_by_collector("observability_aio-observer-aio-0", "observer-aio")
    assert read_by_collector("observability_aio-observer-aio-shop-0", "app")
    assert read_by_collector("shop_cart-0", "app")


@needs_helm
def test_aliases_stand_for_the_server_under_classic_names():
    services = {s["metadata"]["name"]: s["spec"] for s in render("--set", "aliases.standard=true").all("Service")}
    found = {name: services[name]["ports"][0]["port"] for name in ("prometheus", "loki", "tempo")}
    assert found == {"prometheus": 9090, "loki": 3100, "tempo": 3200}
    assert "alertmanager" not in services
