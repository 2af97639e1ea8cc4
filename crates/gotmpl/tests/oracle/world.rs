//! The data that the cases are executed on.

use std::sync::Arc;

use aio_gotmpl::{Call, Fault, Kind, List, Map, Object, Signature, Type, Value};

pub(crate) const LABELS: &[(&str, &str)] = &[
    ("msg", "it broke"),
    ("level", "error"),
    ("empty", ""),
    ("n", "12"),
    ("d", "1.5s"),
    ("under_score", "u"),
    ("ü", "umlaut"),
];

pub(crate) const KV: Type = Type::Named("main.KV", Kind::Map(&Type::Text));
pub(crate) const SECS: Type = Type::Named("main.Secs", Kind::Int64);
pub(crate) const ALERT: Type = Type::Named("main.Alert", Kind::Struct);

pub(crate) fn labels() -> Value<'static> {
    Value::Map(Map::of_texts(LABELS.iter().copied()).into())
}

/// Labels with methods.
#[derive(Debug)]
pub(crate) struct Kv(pub Arc<Map>);

impl Kv {
    fn names(&self) -> Vec<String> {
        self.0.iter().map(|(key, _)| key.to_owned()).collect()
    }
}

impl Object for Kv {
    fn type_name(&self) -> &str {
        "main.KV"
    }

    fn method(&self, name: &str) -> Option<Signature> {
        match name {
            "Names" | "String" => Some(Signature::new(&[])),
            "Get" => Some(Signature::new(&[Type::Text])),
            _ => None,
        }
    }

    fn invoke(&self, name: &str, call: &mut Call<'_, '_>) -> Result<Value<'static>, Fault> {
        Ok(match name {
            "Names" => Value::texts(self.names()),
            "Get" => self.0.get(call.text(0)).cloned().unwrap_or(Value::from("")),
            _ => Value::from(self.string().unwrap_or_default()),
        })
    }

    fn string(&self) -> Option<String> {
        let pairs = self.0.iter().map(|(key, value)| format!("{key}={}", value.as_text().unwrap_or_default()));
        Some(pairs.collect::<Vec<_>>().join(", "))
    }

    fn beneath(&self) -> Option<Value<'static>> {
        Some(Value::Map(Arc::clone(&self.0)))
    }
}

/// A number with a name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Secs(pub i64);

impl Secs {
    pub(crate) fn of(value: &Value<'_>) -> i64 {
        match value {
            Value::Object(object) => object.beneath().map_or(0, |value| Self::of(&value)),
            Value::Int64(v) => *v,
            _ => 0,
        }
    }
}

impl Object for Secs {
    fn type_name(&self) -> &str {
        "main.Secs"
    }

    fn method(&self, name: &str) -> Option<Signature> {
        match name {
            "Add" => Some(Signature::new(&[SECS])),
            "String" => Some(Signature::new(&[])),
            _ => None,
        }
    }

    fn invoke(&self, name: &str, call: &mut Call<'_, '_>) -> Result<Value<'static>, Fault> {
        Ok(match name {
            "Add" => Value::object(Self(self.0.wrapping_add(Self::of(&call.take(0))))),
            _ => Value::from(self.string().unwrap_or_default()),
        })
    }

    fn string(&self) -> Option<String> {
        Some(format!("{}s", self.0))
    }

    fn beneath(&self) -> Option<Value<'static>> {
        Some(Value::Int64(self.0))
    }
}

/// A struct with methods.
#[derive(Debug)]
pub(crate) struct Alert;

const HITS: i64 = 3;

impl Object for Alert {
    fn type_name(&self) -> &str {
        "main.Alert"
    }

    fn field(&self, name: &str) -> Option<Value<'static>> {
        self.fields().into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    fn fields(&self) -> Vec<(&'static str, Value<'static>)> {
        vec![
            ("Status", Value::from("firing")),
            ("Labels", Value::object(Kv(Arc::new(Map::of_texts([("alertname", "Up"), ("job", "x")]))))),
            ("Value", Value::Float(1.5)),
            ("Hits", Value::Int(HITS)),
            ("Took", Value::object(Secs(90))),
            ("Any", Value::Nil),
            ("Tags", Value::texts(["p", "q"])),
        ]
    }

    fn is_any(&self, field: &str) -> bool {
        field == "Any"
    }

    fn method(&self, name: &str) -> Option<Signature> {
        match name {
            "Name" => Some(Signature::new(&[])),
            "Plus" => Some(Signature::new(&[Type::Int])),
            "Join" => Some(Signature::variadic(&[Type::Text], Type::Text)),
            _ => None,
        }
    }

    fn invoke(&self, name: &str, call: &mut Call<'_, '_>) -> Result<Value<'static>, Fault> {
        match name {
            "Plus" if call.int(0) < 0 => Err(Fault::new("less than nothing")),
            "Plus" => Ok(Value::Int(HITS.wrapping_add(call.int(0)))),
            "Join" => {
                let more = call.args()[1..].iter().filter_map(Value::as_text);
                let all: Vec<_> = ["p", "q"].into_iter().chain(more).collect();
                Ok(Value::from(all.join(call.text(0))))
            }
            _ => Ok(Value::from("Up")),
        }
    }
}

/// A struct without methods.
#[derive(Debug)]
struct Plain;

impl Object for Plain {
    fn type_name(&self) -> &str {
        "main.Plain"
    }

    fn field(&self, name: &str) -> Option<Value<'static>> {
        self.fields().into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    fn fields(&self) -> Vec<(&'static str, Value<'static>)> {
        vec![("A", Value::Int(1)), ("B", Value::from("two")), ("C", ints([3, 4]))]
    }
}

fn ints<const N: usize>(items: [i64; N]) -> Value<'static> {
    Value::List(List::new(Type::Int, items.map(Value::Int)).into())
}

fn map<const N: usize>(element: Type, entries: [(&str, Value<'static>); N]) -> Value<'static> {
    Value::Map(Map::new(element, entries).into())
}

fn texts<const N: usize>(entries: [(&str, &str); N]) -> Value<'static> {
    Value::Map(Map::of_texts(entries).into())
}

fn basics() -> Vec<(&'static str, Value<'static>)> {
    vec![
        ("s", Value::from("hello")),
        ("empty", Value::from("")),
        ("spaces", Value::from(" a b ")),
        ("html", Value::from("<a href='x'>&\"=")),
        ("u", Value::from("héllo wörld ☃")),
        ("pct", Value::from("100%d")),
        ("i", Value::Int(42)),
        ("neg", Value::Int(-7)),
        ("zero", Value::Int(0)),
        ("i64", Value::Int64(9)),
        ("u64", Value::Uint64(u64::MAX)),
        ("u8", Value::Byte(200)),
        ("f", Value::Float(3.5)),
        ("whole", Value::Float(2.0)),
        ("big", Value::Float(1e20)),
        ("huge", Value::Float(123_456_789.0)),
        ("small", Value::Float(1e-7)),
        ("fneg", Value::Float(-0.25)),
        ("t", Value::Bool(true)),
        ("fa", Value::Bool(false)),
        ("nil", Value::Nil),
    ]
}

fn collections() -> Vec<(&'static str, Value<'static>)> {
    let anything = [
        Value::Int(1),
        Value::from("x"),
        Value::Nil,
        Value::Float(2.5),
        Value::Bool(true),
        Value::list([Value::from("in")]),
    ];
    let deep = map(Type::Any, [("z", Value::from("deep"))]);
    let with_key = |text| map(Type::Any, [("k", Value::from(text))]);
    vec![
        ("l", Value::texts(["a", "b", "c"])),
        ("le", Value::texts::<&str>([])),
        ("li", ints([1, 2, 3])),
        ("lf", Value::List(List::new(Type::Float, [Value::Float(1.0), Value::Float(2.5)]).into())),
        ("la", Value::list(anything)),
        ("m", texts([("b", "2"), ("a", "1"), ("x-y", "3")])),
        ("me", texts([])),
        ("ma", map(Type::Any, [("x", Value::Int(1)), ("y", deep), ("n", Value::Nil)])),
        ("mi", map(Type::Int, [("two", Value::Int(2)), ("one", Value::Int(1))])),
        ("ml", map(Type::Any, [("list", Value::list([with_key("v1"), with_key("v2")]))])),
    ]
}

/// A map of everything there is.
pub(crate) fn world() -> Value<'static> {
    let alerts = List::new(ALERT, [Value::object(Alert)]);
    let mut entries = basics();
    entries.extend(collections());
    entries.extend([
        ("kv", Value::object(Kv(Arc::new(Map::of_texts([("b", "2"), ("a", "1")]))))),
        ("secs", Value::object(Secs(5))),
        ("alert", Value::object(Alert)),
        ("alerts", Value::List(alerts.into())),
        ("plain", Value::object(Plain)),
    ]);
    Value::Map(Map::new(Type::Any, entries).into())
}
