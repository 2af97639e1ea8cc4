//! `observer-aio check FILE…`: configuration files, rule files, `alertmanager.yml`, told apart by their content.

mod alertmanager;
mod files;
mod kind;
mod rules;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use self::kind::Kind;
use crate::config;
use crate::schema::Fault;
use crate::yaml::{Node, documents};

/// Files checked in one run, those that others name included.
const FILES_MAX: usize = 10_000;

/// What a file is worth.
enum Verdict {
    Fine,
    /// Nothing in it is ours to check.
    Skipped(String),
    Faulty(Vec<Fault>),
}

/// Checks the files and those they name, and prints a line for each fault or `FILE: ok`.
#[expect(clippy::print_stdout, reason = "the command's answer")]
pub(crate) fn run(given: &[PathBuf]) -> ExitCode {
    let mut waiting: Vec<PathBuf> = given.iter().rev().cloned().collect();
    let (mut seen, mut is_fine) = (BTreeSet::new(), true);
    while let Some(path) = waiting.pop() {
        if seen.len() >= FILES_MAX || !seen.insert(path.clone()) {
            continue;
        }
        let shown = path.display();
        let (verdict, named) = check(&path);
        waiting.extend(named.into_iter().rev());
        match verdict {
            Verdict::Fine => println!("{shown}: ok"),
            Verdict::Skipped(why) => println!("{shown}: skipped, {why}"),
            Verdict::Faulty(faults) => {
                is_fine = false;
                faults.iter().for_each(|fault| println!("{shown}:{}: {}", fault.line, fault.what));
            }
        }
    }
    if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn check(path: &Path) -> (Verdict, Vec<PathBuf>) {
    let read = std::fs::read_to_string(path).map_err(|error| Fault::new(1, error.to_string()));
    match read.and_then(|text| documents(&text)) {
        Ok(documents) => check_documents(path, &documents),
        Err(fault) => (Verdict::Faulty(vec![fault]), Vec::new()),
    }
}

/// A Kubernetes file may hold several documents, any other holds one.
fn check_documents(path: &Path, documents: &[Node]) -> (Verdict, Vec<PathBuf>) {
    let (mut faults, mut named, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
    let is_kubernetes = documents.iter().all(|node| node.is_null() || Kind::of(node).is_kubernetes());
    for (index, node) in documents.iter().enumerate() {
        if index > 0 && !is_kubernetes {
            faults.push(Fault::new(node.line, "a file of this kind holds one document"));
            break;
        }
        faults.extend(faults_of(node));
        match Kind::of(node) {
            Kind::Config => {
                let (files, missing) = files::named_by(path, node);
                named.extend(files);
                faults.extend(missing);
            }
            Kind::OtherResource(kind) => skipped.push(kind.to_owned()),
            _ => {}
        }
    }
    let verdict = match (faults.is_empty(), skipped.len() == documents.len()) {
        (false, _) => Verdict::Faulty(sorted(faults)),
        (true, true) => Verdict::Skipped(format!("the kind {} holds no rules", skipped.join(", "))),
        (true, false) => Verdict::Fine,
    };
    (verdict, named)
}

/// What is wrong within a document.
fn faults_of(node: &Node) -> Vec<Fault> {
    match Kind::of(node) {
        Kind::Config => config::faults_of(node),
        Kind::Rules => rules::faults_of(node),
        Kind::PrometheusRule => rules::faults_of_resource(node),
        Kind::Alertmanager => alertmanager::faults_of(node),
        Kind::OtherResource(_) => Vec::new(),
    }
}

/// What is wrong within a text, whatever it is; the files it names are not looked at.
pub(crate) fn faults_of_text(text: &str) -> Vec<Fault> {
    match documents(text) {
        Ok(documents) => documents.iter().flat_map(faults_of).collect(),
        Err(fault) => vec![fault],
    }
}

fn sorted(mut faults: Vec<Fault>) -> Vec<Fault> {
    faults.sort_by_key(|fault| fault.line);
    faults
}
