//! Labels from attributes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use aio_types::METRIC_NAME;
use opentelemetry_proto::tonic::common::v1::KeyValue;

use super::fault::Fault;
use super::translation::Translation;
use crate::otlp::value::text;

/// Names and values, by name.
pub(super) type Pairs<'a> = BTreeMap<Cow<'a, str>, Cow<'a, str>>;

/// Attributes as labels; those named in `but` and the one that would be the metric's name are left out. Keys that become
/// one name are joined with `;` in order of the original keys, and their name is told to `collision`.
pub(super) fn of_attributes<'a>(
    attributes: &'a [KeyValue],
    but: &[&str],
    translation: &Translation,
    mut collision: impl FnMut(&str),
) -> Result<Pairs<'a>, Fault> {
    let wanted = |kv: &&KeyValue| kv.key != METRIC_NAME && !but.contains(&kv.key.as_str());
    let mut sorted: Vec<&KeyValue> = attributes.iter().filter(wanted).collect();
    sorted.sort_by(|a, b| a.key.cmp(&b.key));
    let mut out = Pairs::new();
    for kv in sorted {
        let value = value_of(kv);
        let name = name(&kv.key, translation)?;
        match out.get_mut(&name) {
            Some(joined) if !joined.is_empty() && translation.strategy.escapes() => {
                joined.to_mut().push(';');
                joined.to_mut().push_str(&value);
                collision(&name);
            }
            _ => drop(out.insert(name, value)),
        }
    }
    Ok(out)
}

/// An attribute's value as text.
pub(super) fn value_of(kv: &KeyValue) -> Cow<'_, str> {
    kv.value.as_ref().map(text).unwrap_or_default()
}

/// The name of an attribute's label.
pub(super) fn name<'k>(key: &'k str, translation: &Translation) -> Result<Cow<'k, str>, Fault> {
    if key.is_empty() {
        return Err(Fault::NoKey);
    }
    if !translation.strategy.escapes() {
        return Ok(Cow::Borrowed(key));
    }
    let name = escaped(key, translation);
    if name.bytes().all(|b| b == b'_') { Err(Fault::Key(key.to_owned())) } else { Ok(name) }
}

/// Other characters become `_`; a leading digit or single leading `_` gets a `key` prefix.
fn escaped<'k>(key: &'k str, translation: &Translation) -> Cow<'k, str> {
    let name = if translation.preserve_underscores { replaced(key) } else { collapsed(key) };
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return format!("key_{name}").into();
    }
    let single = name.starts_with('_') && !name.starts_with("__");
    if single && translation.sanitize_leading_underscore { format!("key{name}").into() } else { name }
}

fn replaced(key: &str) -> Cow<'_, str> {
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if key.chars().all(valid) {
        return Cow::Borrowed(key);
    }
    key.chars().map(|c| if valid(c) { c } else { '_' }).collect()
}

/// Runs of `_` become one, but for the two around a reserved name such as `__x__`.
fn collapsed(key: &str) -> Cow<'_, str> {
    let inner = key.strip_prefix("__").and_then(|rest| rest.strip_suffix("__"));
    let around = if inner.is_some() { "__" } else { "" };
    let mut out = String::with_capacity(key.len());
    for c in inner.unwrap_or(key).chars() {
        match c {
            c if c.is_ascii_alphanumeric() => out.push(c),
            _ if out.ends_with('_') => {}
            _ => out.push('_'),
        }
    }
    format!("{around}{out}{around}").into()
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value::Value};
    use proptest::prelude::*;

    use super::super::strategy::Strategy as Names;
    use super::*;

    fn attribute(key: &str, value: &str) -> KeyValue {
        let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
        KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
    }

    fn settings(sanitize: bool, preserve: bool) -> Translation {
        Translation { sanitize_leading_underscore: sanitize, preserve_underscores: preserve, ..Translation::default() }
    }

    #[test]
    fn names_by_setting() {
        for (key, default, preserved, collapsed_key, collapsed_plain) in [
            ("label:with:colons", "label_with_colons", "label_with_colons", "label_with_colons", "label_with_colons"),
            ("a!b&c)", "a_b_c_", "a_b_c_", "a_b_c_", "a_b_c_"),
            (".foo", "key_foo", "_foo", "key_foo", "_foo"),
            ("_foo", "key_foo", "_foo", "key_foo", "_foo"),
            ("9x", "key_9x", "key_9x", "key_9x", "key_9x"),
            ("__x", "__x", "__x", "key_x", "_x"),
            ("__a__b__", "__a__b__", "__a__b__", "__a_b__", "__a_b__"),
            ("a__b", "a__b", "a__b", "a_b", "a_b"),
            ("a.b__c&&d", "a_b__c__d", "a_b__c__d", "a_b_c_d", "a_b_c_d"),
            ("字符a", "__a", "__a", "key_a", "_a"),
        ] {
            for (translation, expected) in [
                (settings(true, true), default),
                (settings(false, true), preserved),
                (settings(true, false), collapsed_key),
                (settings(false, false), collapsed_plain),
            ] {
                assert_eq!(name(key, &translation).as_deref(), Ok(expected), "{key} {translation:?}");
            }
        }
    }

    #[test]
    fn names_that_say_nothing_are_faults() {
        let unescaped = Translation { strategy: Names::NoTranslation, ..Translation::default() };
        for translation in [Translation::default(), settings(false, false)] {
            assert_eq!(name("", &translation), Err(Fault::NoKey));
            assert_eq!(name("__", &translation), Err(Fault::Key("__".into())));
        }
        assert_eq!(name("", &unescaped), Err(Fault::NoKey));
        assert_eq!(name("__", &unescaped).as_deref(), Ok("__"));
        assert_eq!(name("字符", &Translation::default()), Err(Fault::Key("字符".into())));
        assert_eq!(name("字符.x y", &unescaped).as_deref(), Ok("字符.x y"));
    }

    #[test]
    fn collisions_are_joined_in_order_of_keys() {
        let attributes = [
            attribute("a_b", "2"),
            attribute("a.b", "1"),
            attribute("a-b", ""),
            attribute("x", "3"),
            attribute("__name__", "n"),
        ];
        let mut seen = Vec::new();
        let labels = of_attributes(&attributes, &["x"], &Translation::default(), |name| seen.push(name.to_owned()));
        let labels: Vec<_> = labels.expect("names").into_iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!((labels, seen), (vec!["a_b=1;2".to_owned()], vec!["a_b".to_owned()]));
        let unescaped = Translation { strategy: Names::NoTranslation, ..Translation::default() };
        let labels = of_attributes(&attributes, &[], &unescaped, |name| panic!("{name}")).expect("names");
        assert_eq!(labels.keys().collect::<Vec<_>>(), ["a-b", "a.b", "a_b", "x"]);
    }

    proptest! {
        #[test]
        fn labels_are_those_of_a_naive_join(keys in proptest::collection::vec("[ab._9]{1,3}", 0..8)) {
            let mut keys = keys;
            keys.sort();
            keys.dedup();
            let attributes: Vec<_> = keys.iter().enumerate().map(|(i, key)| attribute(key, &i.to_string())).collect();
            let got = of_attributes(&attributes, &[], &Translation::default(), |_| {});
            let names: Option<Vec<String>> = keys.iter().map(|key| {
                let plain = key.replace('.', "_");
                let digit = plain.starts_with('9');
                let single = plain.starts_with('_') && !plain.starts_with("__");
                let name = if digit { format!("key_{plain}") } else if single { format!("key{plain}") } else { plain };
                (!name.bytes().all(|b| b == b'_')).then_some(name)
            }).collect();
            let Some(names) = names else { prop_assert!(got.is_err()); return Ok(()) };
            let got = got.expect("names");
            for (name, value) in &got {
                let of_name = names.iter().enumerate().filter(|(_, n)| *n == name).map(|(i, _)| i.to_string());
                prop_assert_eq!(value.as_ref(), of_name.collect::<Vec<_>>().join(";"));
            }
            prop_assert_eq!(got.len(), names.iter().collect::<std::collections::BTreeSet<_>>().len());
        }
    }
}
