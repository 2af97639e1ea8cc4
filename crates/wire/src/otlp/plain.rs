//! A JSON document read with all the liberties protobuf's JSON mapping gives a writer: enums by name or number,
//! numbers of any width as text, `NaN` and infinities by name, null for an absent field.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value};

/// A document without nulls in its objects, with the fields that generated types insist on.
#[derive(Debug)]
pub(super) enum Plain {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(String),
    List(Vec<Plain>),
    Object(Vec<(String, Plain)>),
}

impl From<Value> for Plain {
    /// Recursion is bounded by the parser, which refuses documents nested deeper than 128 levels.
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(b) => Self::Bool(b),
            Value::Number(n) => match (n.as_u64(), n.as_i64()) {
                (Some(n), _) => Self::Unsigned(n),
                (None, Some(n)) => Self::Signed(n),
                (None, None) => Self::Float(n.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(s) => Self::Text(s),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(fields) => {
                Self::Object(fields.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| field(k, v)).collect())
            }
        }
    }
}

fn field(key: String, value: Value) -> (String, Plain) {
    let mut plain = Plain::from(value);
    match (key.as_str(), &mut plain) {
        ("arrayValue", Plain::Object(list)) => default(list, "values", || Plain::List(Vec::new())),
        ("kvlistValue", Plain::Object(list)) => {
            default(list, "values", || Plain::List(Vec::new()));
            list.iter_mut().for_each(|(_, items)| name_all(items));
        }
        ("attributes" | "filteredAttributes" | "metadata", items) => name_all(items),
        ("explicitBounds", Plain::List(bounds)) => bounds.iter_mut().for_each(float_of_text),
        (_, Plain::Text(_)) => number_of_text(&key, &mut plain),
        _ => {}
    }
    (key, plain)
}

/// Numbers of metrics that came as text. The generated types would ask for a number where this reader no longer
/// stands between: whatever is inside of a `oneof` is kept aside before it is read.
fn number_of_text(key: &str, plain: &mut Plain) {
    match key {
        "doubleValue" | "asDouble" | "sum" | "min" | "max" | "quantile" | "value" | "zeroThreshold" => {
            float_of_text(plain);
        }
        "flags" | "scale" | "offset" | "aggregationTemporality" => {
            let Plain::Text(text) = &*plain else { return };
            if let Some(number) = enum_number(text).map(i64::from).or_else(|| text.parse().ok()) {
                *plain = Plain::Signed(number);
            }
        }
        _ => {}
    }
}

fn float_of_text(plain: &mut Plain) {
    if let Plain::Text(text) = plain
        && let Some(number) = float(text)
    {
        *plain = Plain::Float(number);
    }
}

/// A pair may leave out an empty key.
fn name_all(items: &mut Plain) {
    let Plain::List(items) = items else { return };
    for item in items {
        if let Plain::Object(pair) = item {
            default(pair, "key", || Plain::Text(String::new()));
        }
    }
}

fn default(object: &mut Vec<(String, Plain)>, key: &str, value: impl FnOnce() -> Plain) {
    if !object.iter().any(|(k, _)| k == key) {
        object.push((key.to_owned(), value()));
    }
}

fn float(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => text.parse().ok().filter(|n: &f64| n.is_finite()),
    }
}

/// The number of an enum's value. No two enums of OTLP share a name.
fn enum_number(name: &str) -> Option<i32> {
    use opentelemetry_proto::tonic::{logs, metrics, trace};
    let kind = || trace::v1::span::SpanKind::from_str_name(name).map(|v| v as i32);
    let status = || trace::v1::status::StatusCode::from_str_name(name).map(|v| v as i32);
    let severity = || logs::v1::SeverityNumber::from_str_name(name).map(|v| v as i32);
    let temporality = || metrics::v1::AggregationTemporality::from_str_name(name).map(|v| v as i32);
    kind().or_else(status).or_else(severity).or_else(temporality)
}

impl<'de> IntoDeserializer<'de, Error> for Plain {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $type:ty),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self {
                Self::Text(text) => match text.parse::<$type>() {
                    Ok(number) => visitor.$visit(number),
                    Err(_) => visitor.visit_str(&text),
                },
                other => other.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Plain {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(b) => visitor.visit_bool(b),
            Self::Unsigned(n) => visitor.visit_u64(n),
            Self::Signed(n) => visitor.visit_i64(n),
            Self::Float(n) => visitor.visit_f64(n),
            Self::Text(s) => visitor.visit_string(s),
            Self::List(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
            Self::Object(fields) => visitor.visit_map(MapDeserializer::new(fields.into_iter())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Null => visitor.visit_none(),
            other => visitor.visit_some(other),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    /// Enums are `i32` in the generated types.
    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self {
            Self::Text(text) => match enum_number(text).or_else(|| text.parse().ok()) {
                Some(number) => visitor.visit_i32(number),
                None => Err(Error::custom(format_args!("unknown name or number {text:?}"))),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self {
            Self::Text(text) => match float(text) {
                Some(number) => visitor.visit_f64(number),
                None => Err(Error::custom(format_args!("{text:?} is no number"))),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    whole_numbers!(deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64, deserialize_i64 visit_i64 i64);

    /// Only the `oneof`s of metrics are enums, and those are flattened: an object with one field.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Self::Text(text) => visitor.visit_enum(text.into_deserializer()),
            Self::Object(fields) => {
                let access = serde::de::value::MapAccessDeserializer::new(MapDeserializer::new(fields.into_iter()));
                access.deserialize_enum(name, variants, visitor)
            }
            _ => Err(Error::custom(format_args!("expected one of {variants:?}"))),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i128 u8 u16 u128 f32 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        struct identifier ignored_any
    }
}
