"""The image's recipe agrees with the workspace and the chart. No engine builds it here."""
import fnmatch
import re

from chart import ROOT, read, workspace


def dockerfile():
    return (ROOT / "deploy" / "docker" / "Dockerfile").read_text()


def test_image_runs_without_root_and_stops_by_sigterm():
    final = dockerfile().rsplit("\nFROM ", 1)[1]
    user = read("values.yaml")["podSecurityContext"]["runAsUser"]
    for fact in (f"USER {user}:{user}", "VOLUME /data", "STOPSIGNAL SIGTERM", 'ENTRYPOINT ["/usr/local/bin/observer-aio"]',
                 "nonroot", f"--chown={user}:{user}"):
        assert fact in final
    ports = {str(port["port"]) for port in read("values.yaml")["ports"].values()}
    assert set(re.search(r"^EXPOSE (.+)$", final, re.M).group(1).split()) == ports


def test_image_is_built_as_the_workspace_says():
    text = dockerfile()
    assert f"ARG RUST_VERSION={workspace('rust-version')}" in text
    assert f"ARG VERSION={workspace('version')}" in text
    assert "cargo build --locked --profile dist -p observer-aio" in text
    assert "[profile.dist]" in (ROOT / "Cargo.toml").read_text()
    assert text.index("COPY --from=web /src/web/dist web/dist") < text.index("cargo build")


def ignored(path):
    """Whether .dockerignore keeps a path (relative to the root) out of the build."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    parts = path.split("/")
    prefixes = ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
    return any(fnmatch.fnmatch(p, line) or (line.startswith("**/") and fnmatch.fnmatch(p.rsplit("/", 1)[-1], line[3:]))
               for line in lines for p in prefixes)


def test_build_context_has_what_the_build_copies_and_not_what_it_makes():
    for path in ["Cargo.toml", "Cargo.lock", "LICENSE", "web/package.json", "web/package-lock.json", "web/src/main.tsx",
                 "web/vite.config.ts", "crates/observer/src/main.rs", "crates/observer/build.rs"]:
        assert not ignored(path), path
    for path in ["target/debug/observer-aio", "web/node_modules/preact/package.json", "web/dist/index.html", ".git/HEAD"]:
        assert ignored(path), path
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile(), re.M):
        for name in source.split():
            assert name == "." or (ROOT / name).exists(), name
