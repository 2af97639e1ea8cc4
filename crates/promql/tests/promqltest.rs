//! Runs evaluation scripts: Prometheus' own, where they are at hand, and ours. Every case is run, as upstream's runner
//! does it: an instant case also as a range query around its time, and with `@` at several other times.

#![expect(clippy::unwrap_used, reason = "a test")]

mod script;
mod shared;

use std::path::Path;

use self::script::Tally;

/// Cases that are known to fail, as `file:line`, with the reason.
const KNOWN: &[(&str, &str)] = &[];

fn run_all(files: &[std::path::PathBuf]) -> Tally {
    let mut tally = Tally::default();
    for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == "test")) {
        let name = file.file_name().unwrap().to_str().unwrap();
        script::run(name, &std::fs::read_to_string(file).unwrap(), &mut tally);
    }
    tally
}

fn check(what: &str, tally: &Tally) {
    let is_known = |fault: &&(String, String)| KNOWN.iter().any(|(place, _)| *place == fault.0);
    let (known, unknown): (Vec<_>, Vec<_>) = tally.faults.iter().partition(is_known);
    eprintln!("{what}: {} of {} cases right, {} known to be wrong", tally.right, tally.cases, known.len());
    for (place, reason) in KNOWN {
        eprintln!("  {place}: {reason}");
    }
    let faults: Vec<String> = unknown.iter().map(|(place, fault)| format!("{place}: {fault}")).collect();
    assert!(faults.is_empty(), "{} wrong:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn answers_equal_those_of_prometheus() {
    let Some(folder) = shared::folder("promqltest") else { return };
    let tally = run_all(&shared::files(&folder));
    check("promqltest", &tally);
    assert!(tally.cases > 1000, "{} cases", tally.cases);
}

#[test]
fn our_own_scripts_hold() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let tally = run_all(&shared::files(&folder));
    check("scripts", &tally);
    assert!(tally.cases > 0);
}
