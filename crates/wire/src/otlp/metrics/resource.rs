//! What a resource and a scope add to the labels of their series.

use std::borrow::Cow;

use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};

use super::label::{name, value_of};
use super::translation::Translation;

/// The attributes that `job` and `instance` are made of.
pub(super) const IDENTIFYING: [&str; 3] = ["service.name", "service.namespace", "service.instance.id"];

/// A name and a value.
pub(super) type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// `job` and `instance` of a resource.
pub(super) fn identity(attributes: &[KeyValue]) -> Vec<Pair<'_>> {
    let get = |key: &str| attributes.iter().find(|kv| kv.key == key).map(value_of);
    let job = get("service.name").map(|service| match get("service.namespace") {
        Some(namespace) => format!("{namespace}/{service}").into(),
        None => service,
    });
    let pairs = [("job", job), ("instance", get("service.instance.id"))];
    let given = pairs.into_iter().filter_map(|(name, value)| Some((Cow::Borrowed(name), value?)));
    given.filter(|(_, value)| !value.is_empty()).collect()
}

/// The attributes of a resource that are labels of its series. Names that say nothing are told to `nameless`.
pub(super) fn promoted<'a>(
    attributes: &'a [KeyValue],
    translation: &Translation,
    nameless: impl FnMut(&str),
) -> Vec<Pair<'a>> {
    let wanted = attributes.iter().filter(|kv| translation.promotion.takes(&kv.key));
    labels(wanted.map(|kv| (Cow::Borrowed(kv.key.as_str()), kv)), translation, nameless)
}

/// What a scope adds: its name, version and schema win over its attributes, and all of them over those of a point.
pub(super) fn of_scope<'a>(
    scope: &'a InstrumentationScope,
    schema_url: &'a str,
    translation: &Translation,
    nameless: impl FnMut(&str),
) -> Vec<Pair<'a>> {
    if !translation.promote_scope || scope.name.is_empty() {
        return Vec::new();
    }
    let prefixed = scope.attributes.iter().map(|kv| (Cow::Owned(format!("otel_scope_{}", kv.key)), kv));
    let mut out = labels(prefixed, translation, nameless);
    for (name, value) in [("name", scope.name.as_str()), ("version", &scope.version), ("schema_url", schema_url)] {
        out.push((format!("otel_scope_{name}").into(), value.into()));
    }
    out
}

fn labels<'a>(
    attributes: impl Iterator<Item = (Cow<'a, str>, &'a KeyValue)>,
    translation: &Translation,
    mut nameless: impl FnMut(&str),
) -> Vec<Pair<'a>> {
    let mut out = Vec::new();
    for (key, kv) in attributes {
        match name(&key, translation) {
            Ok(name) => out.push((Cow::Owned(name.into_owned()), value_of(kv))),
            Err(_) => nameless(&key),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value::Value};

    use super::super::strategy::Strategy;
    use super::super::translation::Promotion;
    use super::*;

    fn attributes(pairs: &[(&str, &str)]) -> Vec<KeyValue> {
        let attribute = |(key, value): &(&str, &str)| KeyValue {
            key: (*key).to_owned(),
            value: Some(AnyValue { value: Some(Value::StringValue((*value).to_owned())) }),
            ..KeyValue::default()
        };
        pairs.iter().map(attribute).collect()
    }

    fn shown(pairs: &[Pair<'_>]) -> String {
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_job_is_namespace_and_name() {
        for (pairs, expected) in [
            (&[("service.name", "cart")][..], "job=cart"),
            (&[("service.name", "cart"), ("service.namespace", "shop")], "job=shop/cart"),
            (&[("service.namespace", "shop")], ""),
            (&[("service.instance.id", "1"), ("service.name", "")], "instance=1"),
        ] {
            assert_eq!(shown(&identity(&attributes(pairs))), expected);
        }
    }

    #[test]
    fn attributes_are_promoted_by_list_or_all_but_a_list() {
        let given = attributes(&[("host.name", "h"), ("os", "linux"), ("service.name", "s"), ("__", "x")]);
        let names = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
        for (promotion, expected, left_out) in [
            (Promotion::Only(names(&[])), "", ""),
            (Promotion::Only(names(&["host.name", "absent"])), "host_name=h", ""),
            (Promotion::AllBut(names(&["os"])), "host_name=h service_name=s", "__"),
        ] {
            let translation = Translation { promotion, ..Translation::default() };
            let mut nameless = String::new();
            let labels = promoted(&given, &translation, |name| nameless.push_str(name));
            assert_eq!((shown(&labels).as_str(), nameless.as_str()), (expected, left_out));
        }
    }

    #[test]
    fn a_scope_is_told_by_name_version_schema_and_attributes() {
        let mut scope =
            InstrumentationScope { name: "lib".into(), attributes: attributes(&[("a.b", "1")]), ..Default::default() };
        let mut translation = Translation::default();
        assert_eq!(of_scope(&scope, "u", &translation, |_| {}), []);
        translation.promote_scope = true;
        let expected = "otel_scope_a_b=1 otel_scope_name=lib otel_scope_version= otel_scope_schema_url=u";
        assert_eq!(shown(&of_scope(&scope, "u", &translation, |_| {})), expected);
        translation.strategy = Strategy::NoTranslation;
        assert!(shown(&of_scope(&scope, "", &translation, |_| {})).starts_with("otel_scope_a.b=1"));
        scope.name.clear();
        assert_eq!(of_scope(&scope, "u", &translation, |_| {}), []);
    }
}
