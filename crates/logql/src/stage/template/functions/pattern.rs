//! Regular expressions, in Go's syntax.

use std::cell::RefCell;
use std::collections::HashMap;

use aio_gotmpl::{Call, Fault, Function, Functions, Type, Value};
use aio_types::pattern::translate;
use regex::{Captures, Regex};

const TWO: &[Type] = &[Type::Text, Type::Text];
const THREE: &[Type] = &[Type::Text, Type::Text, Type::Text];
/// Patterns that are kept compiled: a template has few, and each is used for line after line.
const COMPILED_MAX: usize = 32;

pub(super) fn add(functions: &mut Functions) {
    functions.add(
        "regexReplaceAll",
        Function::new(THREE, |call| {
            let (pattern, with) = (compiled(call.text(0))?, call.text(2));
            replaced(call, &pattern, |found, out| found.expand(with, out))
        }),
    );
    functions.add(
        "regexReplaceAllLiteral",
        Function::new(THREE, |call| {
            let (pattern, with) = (compiled(call.text(0))?, call.text(2));
            replaced(call, &pattern, |_, out| out.push_str(with))
        }),
    );
    functions.add(
        "count",
        Function::new(TWO, |call| {
            let found = compiled(call.text(0))?.find_iter(call.text(1)).count();
            Ok(Value::Int(i64::try_from(found).unwrap_or(i64::MAX)))
        }),
    );
}

/// Stops once the result is too long, not when it is complete.
fn replaced<'a>(
    call: &Call<'_, '_>,
    pattern: &Regex,
    with: impl Fn(&Captures<'_>, &mut String),
) -> Result<Value<'a>, Fault> {
    let (text, mut out, mut end) = (call.text(1), String::new(), 0);
    for found in pattern.captures_iter(text) {
        let Some(whole) = found.get(0) else { continue };
        out.push_str(&text[end..whole.start()]);
        with(&found, &mut out);
        end = whole.end();
        if out.len() > call.bytes_max() {
            return Err(Fault::too_long());
        }
    }
    out.push_str(&text[end..]);
    if out.len() > call.bytes_max() { Err(Fault::too_long()) } else { Ok(Value::from(out)) }
}

fn compiled(pattern: &str) -> Result<Regex, Fault> {
    thread_local! {
        static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::default();
    }
    COMPILED.with_borrow_mut(|compiled| {
        if let Some(regex) = compiled.get(pattern) {
            return Ok(regex.clone());
        }
        let translated = translate(pattern).map_err(|error| Fault::new(format!("error parsing regexp: {error}")))?;
        let regex = Regex::new(&translated).map_err(|error| Fault::new(error.to_string()))?;
        if compiled.len() >= COMPILED_MAX {
            compiled.clear();
        }
        compiled.insert(pattern.to_owned(), regex.clone());
        Ok(regex)
    })
}
