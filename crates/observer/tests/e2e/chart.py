"""What the chart's files say and what Helm makes of them, as plain values."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[4]
CHART = ROOT / "deploy" / "helm" / "observer-aio"
HELM = os.environ.get("HELM") or shutil.which("helm")
VALUE_FILES = sorted([*CHART.glob("ci/*.yaml"), *CHART.glob("examples/*.yaml")])

# A helm built from source takes clusters to be older than the chart supports.
KUBE_VERSION = "--kube-version=1.31.0"

needs_helm = pytest.mark.skipif(HELM is None, reason="helm is neither on PATH nor named by HELM")


def read(path):
    return yaml.safe_load((CHART / path).read_text())


def helm(*arguments):
    """Helm's exit code and all it printed."""
    done = subprocess.run([HELM, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def render(*arguments, namespace="observability", release="aio"):
    command = [HELM, "template", release, CHART, "--namespace", namespace, KUBE_VERSION, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return Rendered([document for document in yaml.safe_load_all(done.stdout) if document])


class Rendered:
    """The documents of one rendering."""

    def __init__(self, documents):
        self.documents = documents

    def all(self, kind):
        return [document for document in self.documents if document["kind"] == kind]

    def one(self, kind, ending=""):
        found = [d for d in self.all(kind) if d["metadata"]["name"].endswith(ending)]
        assert len(found) == 1, (kind, ending, [d["metadata"]["name"] for d in found])
        return found[0]

    def workloads(self):
        return self.all("StatefulSet") + self.all("DaemonSet")

    def pods(self):
        """(labels, spec) of every pod that comes into being."""
        templates = [(w["spec"]["template"]["metadata"]["labels"], w["spec"]["template"]["spec"]) for w in self.workloads()]
        return templates + [(pod["metadata"]["labels"], pod["spec"]) for pod in self.all("Pod")]

    def server_config(self):
        return self.one("ConfigMap", self.one("StatefulSet")["metadata"]["name"])["data"]["observer.yaml"]

    def collector_config(self):
        return yaml.safe_load(self.one("ConfigMap", "-collector")["data"]["collector.yaml"])

    def datasources(self):
        for kind, key in (("ConfigMap", "data"), ("Secret", "stringData")):
            for document in self.all(kind):
                if "observer-aio-datasources.yaml" in document.get(key, {}):
                    return yaml.safe_load(document[key]["observer-aio-datasources.yaml"])
        raise AssertionError("no data sources")


def selects(selector, labels):
    return selector.items() <= labels.items()


def port_names(spec):
    return {port["name"] for container in spec["containers"] for port in container.get("ports", [])}


def workspace(key):
    """A value of the workspace's Cargo.toml."""
    return re.search(rf'^{key} = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.M).group(1)
