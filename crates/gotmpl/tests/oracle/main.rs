//! Templates, and what Go's own package makes of them.
//!
//! `tests/cases/*.jsonl` holds one case a line: the text `t`, the meaning of missing keys `m`, the data `d`, the output
//! `o` and the error `e`. Both were written by Go 1.26's text/template on the data and functions of `world`. Further
//! files can be named in `GOTMPL_CASES`, separated by colons.

mod functions;
mod world;

use std::path::PathBuf;

use aio_gotmpl::{Dot, Host, Limits, MissingKey, NoHost, Set, Value};

fn files() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let entries = std::fs::read_dir(folder).expect("the cases are there");
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.extend(std::env::var("GOTMPL_CASES").iter().flat_map(|list| list.split(':')).map(PathBuf::from));
    files.sort();
    files
}

struct Labels;

impl Host for Labels {}

impl Dot for Labels {
    fn field(&self, name: &str) -> Option<std::borrow::Cow<'_, str>> {
        world::LABELS.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into())
    }

    fn value(&self) -> Value<'static> {
        world::labels()
    }
}

fn run(text: &str, missing: MissingKey, on_labels: bool, as_dot: bool) -> (String, String) {
    let mut set = Set::new(functions::functions(), Limits::default(), missing);
    if let Err(error) = set.parse("t", text) {
        return (String::new(), error.to_string());
    }
    let mut again = set.clone();
    let source = set.source("t").unwrap_or_default();
    assert!(again.parse("t", &source).is_ok() && again.is_same(&set, "t"), "{text} printed is {source}");
    let mut out = String::new();
    let result = match (on_labels, as_dot) {
        (true, true) => set.execute("t", &Labels, &mut out),
        (true, false) => set.execute_value("t", &world::labels(), &NoHost, &mut out),
        (false, _) => set.execute_value("t", &world::world(), &NoHost, &mut out),
    };
    (out, result.err().map(|error| error.to_string()).unwrap_or_default())
}

#[test]
fn every_case_comes_out_as_in_go() {
    let (mut count, mut wrong) = (0, Vec::new());
    for file in files() {
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            let get = |key: &str| case.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
            let missing = match get("m") {
                "zero" => MissingKey::Zero,
                "error" => MissingKey::Error,
                _ => MissingKey::Default,
            };
            let on_labels = get("d") == "labels";
            for as_dot in if on_labels { &[false, true][..] } else { &[false] } {
                count += 1;
                let (out, error) = run(get("t"), missing, on_labels, *as_dot);
                if (out.as_str(), error.as_str()) != (get("o"), get("e")) {
                    wrong.push(format!("{line}\n   out {out:?}\n   err {error:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
    assert!(count > 2000, "only {count} cases were found");
}
