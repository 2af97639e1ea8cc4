//! The level in a line of JSON: the first field of a known name that is a text, in the order of the line, at most one object
//! deep. What is broken further on does not matter.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{is_named, known};

const DEPTH_MAX: usize = 2;

/// The level, if the first field that could tell names one.
pub(super) fn level(line: &str) -> Option<&'static str> {
    let mut found = None;
    let value = Value { found: &mut found, depth: 0, is_named: false };
    // Stopped by an error as soon as something is found.
    let _stopped = value.deserialize(&mut serde_json::Deserializer::from_str(line));
    found.flatten()
}

/// A value somewhere in the line.
struct Value<'a> {
    /// What the first named text says.
    found: &'a mut Option<Option<&'static str>>,
    /// Objects around it.
    depth: usize,
    is_named: bool,
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        if !self.is_named {
            return Ok(());
        }
        *self.found = Some(known(text));
        Err(E::custom("found"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if self.depth >= DEPTH_MAX {
            return IgnoredAny.visit_map(map).map(drop);
        }
        while let Some(is_named) = map.next_key_seed(Name)? {
            map.next_value_seed(Value { found: &mut *self.found, depth: self.depth + 1, is_named })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        IgnoredAny.visit_seq(seq).map(drop)
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Whether a field's name is one that levels have.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(is_named(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_named_text_tells() {
        for (line, want) in [
            (r#"{"level":"info"}"#, Some("info")),
            (r#"{"severity":"warn","level":"info"}"#, Some("warn")),
            (r#"{"log":{"level":"fatal"},"level":"info"}"#, Some("fatal")),
            (r#"{"a":{"b":{"level":"fatal"}},"level":"info"}"#, Some("info")),
            (r#"{"a":[{"level":"fatal"}],"level":"info"}"#, Some("info")),
            (r#"{"level":3,"lvl":"err"}"#, Some("error")),
            (r#"{"level":null,"x":true,"y":-1.5e3,"lvl":"TRC"}"#, Some("trace")),
            (r#"{"level":{"level":"dbg"}}"#, Some("debug")),
            (r#"{"level":"","lvl":"err"}"#, None),
            (r#"{"level":"notice","lvl":"err"}"#, None),
            (r#"{"LeVeL":"err"}"#, None),
            (r#"{"level":"info", broken ERROR}"#, Some("info")),
            (r#"{broken, "level":"info"}"#, None),
            (r#"{"l\u0065vel":"info"}"#, Some("info")),
            ("{}", None),
        ] {
            assert_eq!(level(line), want, "{line}");
        }
    }
}
