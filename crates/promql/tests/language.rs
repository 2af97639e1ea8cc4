//! The language as people write it: every expression of Prometheus' own test scripts and of real dashboards and rules,
//! where they are at hand, parses, and prints to a text that parses to the same. Generated expressions do so too.

use std::path::{Path, PathBuf};

use aio_promql::parse::{Expr, ParseOptions, parse};
use proptest::prelude::*;

// === corpora ===

fn shared(folder: &str) -> Option<Vec<PathBuf>> {
    let root = std::env::var_os("OBSERVER_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let Ok(files) = std::fs::read_dir(root.join(folder)) else {
        eprintln!("SKIPPED: no {folder} folder at hand (set OBSERVER_SHARED)");
        return None;
    };
    Some(files.map(|file| file.expect("a readable folder").path()).collect())
}

#[test]
fn scripts_parse_and_print() {
    let Some(files) = shared("promqltest") else { return };
    let (mut parsed, mut faults) = (0, Vec::new());
    for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == "test")) {
        let text = std::fs::read_to_string(file).expect("a readable file");
        let mut lines = text.lines().map(str::trim).peekable();
        while let Some(line) = lines.next() {
            let Some(query) = query_of(line) else { continue };
            let may_fail = lines.peek().is_some_and(|next| next.contains("fail"));
            match round_trip(query) {
                Ok(()) => parsed += 1,
                Err(_) if may_fail || line.starts_with("eval_fail") => {}
                Err(why) => faults.push(format!("{query}: {why}")),
            }
        }
    }
    eprintln!("promqltest: {parsed} parsed, {} not", faults.len());
    assert!(parsed > 1000 && faults.is_empty(), "{parsed} parsed, not:\n{}", faults.join("\n"));
}

/// The query of an `eval` line.
fn query_of(line: &str) -> Option<&str> {
    let words = if line.starts_with("eval_range") || line.split_whitespace().nth(1) == Some("range") {
        8
    } else if line.starts_with("eval") {
        4
    } else {
        return None;
    };
    let mut rest = line;
    for _ in 0..words {
        rest = rest.split_once(char::is_whitespace)?.1.trim_start();
    }
    Some(rest)
}

#[test]
fn dashboards_parse_and_print() {
    let Some(files) = shared("realworld/promql") else { return };
    let mut expressions: Vec<String> = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).expect("a readable file");
        expressions.extend(serde_json::from_str::<Vec<String>>(&text).expect("a list of expressions"));
    }
    let faults: Vec<String> = expressions.iter().filter_map(|e| round_trip(e).err()).collect();
    assert!(expressions.len() > 100 && faults.is_empty(), "{}", faults.join("\n"));
}

// === round trips ===

fn same(left: &Expr, right: &Expr) -> bool {
    sorted(left.to_json()) == sorted(right.to_json())
}

/// Matchers print in the order of their texts.
fn sorted(mut value: serde_json::Value) -> serde_json::Value {
    match &mut value {
        serde_json::Value::Array(items) => {
            items.iter_mut().for_each(|item| *item = sorted(item.take()));
        }
        serde_json::Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                *member = sorted(member.take());
                if let (true, Some(matchers)) = (name == "matchers", member.as_array_mut()) {
                    matchers.sort_by_key(ToString::to_string);
                }
            }
        }
        _ => {}
    }
    value
}

fn round_trip(text: &str) -> Result<(), String> {
    let options = ParseOptions::default();
    let expr = parse(text, &options).map_err(|e| e.to_string())?;
    for printed in [expr.to_string(), expr.pretty()] {
        let again = parse(&printed, &options).map_err(|e| format!("printed as {printed}: {e}"))?;
        if !same(&expr, &again) {
            return Err(format!("printed as {printed}, read as {again}"));
        }
    }
    Ok(())
}

// === generated expressions ===

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("foo".to_owned()),
        prop::sample::select(vec!["sum", "by", "offset", "start", "step", "fill", "and", "anchored", "a:b"])
            .prop_map(str::to_owned),
    ]
}

fn matcher() -> impl Strategy<Value = String> {
    let label = prop::sample::select(vec!["a", "job", "on", "\"x.y\"", "'q'", "`r`"]);
    let op = prop::sample::select(vec!["=", "!=", "=~", "!~"]);
    let value = prop::sample::select(vec!["\"x\"", "''", "`a|b`", "\".+\"", "\"\\n\\\"\\u00e9\""]);
    (label, op, value).prop_map(|(label, op, value)| format!("{label}{op}{value}"))
}

fn duration() -> impl Strategy<Value = String> {
    let literal = prop::sample::select(vec!["5m", "1h30m", "30", "1.5", "0.0001", "step()", "range()", "1y", "1ms"]);
    literal.prop_map(str::to_owned).prop_recursive(3, 8, 2, |inner| {
        let op = prop::sample::select(vec!["+", "-", "*", "/", "%", "^"]);
        prop_oneof![
            (inner.clone(), op, inner.clone()).prop_map(|(l, op, r)| format!("{l} {op} {r}")),
            inner.clone().prop_map(|i| format!("({i})")),
            inner.clone().prop_map(|i| format!("-{i}")),
            (inner.clone(), inner).prop_map(|(l, r)| format!("min_of({l}, {r})")),
        ]
    })
}

fn modifiers() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just(String::new()),
        1 => duration().prop_map(|d| format!(" offset {d}")),
        1 => prop::sample::select(vec![" @ 5", " @ start()", " @ -1.234", " smoothed"]).prop_map(str::to_owned),
        1 => duration().prop_map(|d| format!(" @ end() offset {d}")),
    ]
}

fn selector() -> impl Strategy<Value = String> {
    let matchers = prop::collection::vec(matcher(), 0..3).prop_map(|m| format!("{{{}}}", m.join(", ")));
    (name(), matchers, modifiers()).prop_map(|(n, m, s)| format!("{n}{m}{s}"))
}

fn labels() -> impl Strategy<Value = String> {
    let label = prop::sample::select(vec!["a", "le", "\"x.y\"", "sum", "bool"]);
    prop::collection::vec(label, 0..3).prop_map(|labels| format!("({})", labels.join(", ")))
}

fn operator() -> impl Strategy<Value = String> {
    let plain = prop::sample::select(vec!["+", "-", "*", "/", "^", "atan2", "==", "> bool", "</", "and", "unless"]);
    let modifier = prop_oneof![
        3 => Just(String::new()),
        1 => labels().prop_map(|l| format!(" on {l}")),
        1 => (labels(), labels()).prop_map(|(l, m)| format!(" ignoring {l} group_left {m}")),
        1 => Just(" fill_right(1e-7) fill_left(-5m)".to_owned()),
    ];
    (plain, modifier).prop_map(|(plain, modifier)| format!("{plain}{modifier}"))
}

fn expression() -> impl Strategy<Value = String> {
    // In parentheses: Inf is printed with its sign, as upstream does, and as a base that is read as another expression.
    let number = prop::sample::select(vec!["1", "0x1F", "5m", "(Inf)", "1_000", "-2"]).prop_map(str::to_owned);
    prop_oneof![4 => selector(), 1 => number].prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|i| format!("({i})")),
            inner.clone().prop_map(|i| format!("-{i}")),
            inner.clone().prop_map(|i| format!("abs({i})")),
            inner.clone().prop_map(|i| format!("label_join({i}, \"a\", ',', `b`)")),
            (selector(), duration()).prop_map(|(s, d)| format!("rate({s}[{d}])")),
            (inner.clone(), duration(), modifiers()).prop_map(|(i, d, m)| format!("rate(({i})[{d}:{d}]{m})")),
            (labels(), inner.clone()).prop_map(|(l, i)| format!("sum({i}) without {l}")),
            (labels(), inner.clone()).prop_map(|(l, i)| format!("topk by {l} (3, {i})")),
            (inner.clone(), operator(), inner).prop_map(|(l, op, r)| format!("{l} {op} {r}")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn generated_expressions_print_as_what_they_are(text in expression()) {
        if parse(&text, &ParseOptions::default()).is_ok() {
            prop_assert_eq!(round_trip(&text), Ok(()));
        }
    }

    #[test]
    fn no_text_is_more_than_refused(text in "[a-z(){}\\[\\]\"'`:,=!~<>/@+^*# \n0-9.é-]{0,60}") {
        if parse(&text, &ParseOptions::default()).is_ok() {
            prop_assert_eq!(round_trip(&text), Ok(()));
        }
    }
}
