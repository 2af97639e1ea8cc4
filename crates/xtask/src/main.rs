//! What is done to the repository as a whole: `cargo xtask dev`, `cargo xtask web`, `cargo xtask tidy`.

mod dev;

use std::path::Path;

use anyhow::{Context, bail};

/// Who may depend on whom. A new arrow is a decision: change it here, in a commit of its own.
const ARROWS: &[(&str, &[&str])] = &[
    ("types", &[]),
    ("kit", &[]),
    ("wire", &["types"]),
    ("prometheus-tsdb", &["types"]),
    ("loki-chunks", &["types"]),
    ("source", &["types"]),
    ("series", &["types"]),
    ("gotmpl", &[]),
    ("patterns", &[]),
    ("store-metrics", &["types", "kit", "source"]),
    ("store-logs", &["types", "kit", "source", "patterns"]),
    ("store-traces", &["types", "kit", "source"]),
    ("ingest", &["types", "kit", "wire", "store-metrics", "store-logs", "store-traces"]),
    ("promql", &["types", "series", "source"]),
    ("logql", &["types", "source", "series", "gotmpl"]),
    ("traceql", &["types", "source"]),
    ("api", &["types", "wire", "source", "ingest", "promql", "logql", "traceql"]),
    ("demo", &[]),
    (
        "observer",
        &[
            "types",
            "kit",
            "wire",
            "source",
            "prometheus-tsdb",
            "loki-chunks",
            "store-metrics",
            "store-logs",
            "store-traces",
            "ingest",
            "promql",
            "logql",
            "api",
            "demo",
        ],
    ),
    (
        "fuzz",
        &[
            "types",
            "kit",
            "wire",
            "source",
            "series",
            "gotmpl",
            "store-metrics",
            "store-logs",
            "store-traces",
            "prometheus-tsdb",
            "loki-chunks",
            "patterns",
            "promql",
            "logql",
            "traceql",
            "api",
        ],
    ),
    ("xtask", &[]),
];

fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first().map(|(command, rest)| (command.as_str(), rest)) {
        Some(("dev", rest)) => dev::run(&root, rest),
        Some(("web", [])) => dev::web(&root),
        Some(("tidy", [])) => tidy(&root),
        _ => bail!("usage: cargo xtask dev [flags of observer-aio --dev] | web | tidy"),
    }
}

fn tidy(root: &Path) -> anyhow::Result<()> {
    let architecture = read(&root.join("ARCHITECTURE.md"))?;
    let mut faults = Vec::new();
    for entry in std::fs::read_dir(root.join("crates"))? {
        let dir = entry?.path();
        let name = dir.file_name().and_then(|n| n.to_str()).context("crate folder name")?.to_owned();
        let manifest = read(&dir.join("Cargo.toml"))?;
        let main = ["lib.rs", "main.rs"].map(|f| dir.join("src").join(f)).into_iter().find(|p| p.exists());
        let source = read(&main.with_context(|| format!("{name} has neither lib.rs nor main.rs"))?)?;
        faults.extend(faults_of(&name, &manifest, &source));
        if !architecture.contains(&format!("`{name}`")) {
            faults.push(format!("{name}: ARCHITECTURE.md does not speak of it"));
        }
    }
    if faults.is_empty() { Ok(()) } else { bail!("not tidy:\n{}", faults.join("\n")) }
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| path.display().to_string())
}

fn faults_of(name: &str, manifest: &str, source: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let Some((_, allowed)) = ARROWS.iter().find(|(crate_name, _)| *crate_name == name) else {
        return vec![format!("{name}: not in the table of arrows")];
    };
    let dependencies = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    let dependencies = dependencies.split("\n[").next().unwrap_or_default();
    for line in dependencies.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#')) {
        let (dependency, _) = line.split_once(['.', ' ', '=']).unwrap_or((line, ""));
        if let Some(ours) = dependency.strip_prefix("aio-")
            && !allowed.contains(&ours)
        {
            faults.push(format!("{name}: the arrow to {ours} is not in the table"));
        }
        if !line.contains("workspace = true") {
            faults.push(format!("{name}: {dependency} must take its version from the workspace"));
        }
    }
    if !manifest.contains("[lints]\nworkspace = true") {
        faults.push(format!("{name}: the workspace's lints are not on"));
    }
    if !source.starts_with("//! ") {
        faults.push(format!("{name}: the crate's root has no header"));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_versions_lints_and_headers_are_checked() {
        let good = "[lints]\nworkspace = true\n\n[dependencies]\naio-types.workspace = true\n";
        assert!(faults_of("wire", good, "//! Fine.").is_empty());
        let bad = "[dependencies]\naio-kit.workspace = true\nserde = \"1\"\n";
        assert_eq!(faults_of("wire", bad, "mod x;").len(), 4);
        assert_eq!(faults_of("nobody", good, "//! Fine.").len(), 1);
    }
}
