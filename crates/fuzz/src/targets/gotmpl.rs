//! Templates: parsed, printed and parsed again, and executed over a little of everything.

use aio_gotmpl::{Functions, Limits, Map, MissingKey, NoHost, Set, Type, Value};

const LIMITS: Limits = Limits { output_bytes_max: 10_000, steps_max: 10_000, depth_max: 100, nesting_max: 50 };

fn data() -> Value<'static> {
    let entries = [
        ("a", Value::from("text\u{e9}")),
        ("f", Value::Float(1e20)),
        ("i", Value::Int(-7)),
        ("l", Value::list([Value::Int(1), Value::Nil, Value::texts(["x", "y"])])),
        ("m", Value::Map(Map::of_texts([("k", "v")]).into())),
    ];
    Value::Map(Map::new(Type::Any, entries).into())
}

pub(super) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut set = Set::new(Functions::new(), LIMITS, MissingKey::Default);
    if set.parse("t", text).is_err() {
        return;
    }
    let mut out = String::new();
    let _any_error_will_do = set.execute_value("t", &data(), &NoHost, &mut out);
    assert!(out.len() <= LIMITS.output_bytes_max, "output beyond its limit");
    let source = set.source("t").unwrap_or_default();
    let mut again = set.clone();
    again.parse("t", &source).expect("a printed template is one");
    assert!(again.is_same(&set, "t"), "a printed template is another one");
}
