//! What calls say about labels, which upstream checks when it evaluates.

use aio_types::{Labels, LabelsBuilder, METRIC_NAME, MatchOp, Matcher};

use crate::Error;
use crate::parse::{Expr, ExprKind};
use crate::plan::{LabelJoin, LabelReplace, Plan};

/// Stands for bytes of a text that are no UTF-8.
const NO_UTF8: char = char::REPLACEMENT_CHARACTER;

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(NO_UTF8)
}

/// The label that `count_values` writes to.
pub(super) fn value_label(param: Option<&Expr>) -> Result<String, Error> {
    let Some(Expr { kind: ExprKind::String(label), .. }) = param else {
        return Err(Error::execution("expected type string in aggregation expression"));
    };
    if !is_name(label) {
        return Err(Error::execution(format!("invalid label name {label}")));
    }
    Ok(label.clone().into_string())
}

/// Labels of the answer of `absent`: those that the selector's matchers say for certain. Several matchers of one label
/// leave it out, unless an equality is the last of them and the only one.
pub(super) fn absent(matchers: &[Matcher]) -> Labels {
    let mut seen = std::collections::HashSet::new();
    let mut builder = LabelsBuilder::default();
    for matcher in matchers.iter().filter(|m| &*m.name != METRIC_NAME) {
        if matcher.op == MatchOp::Equal && seen.insert(&matcher.name) {
            builder.push(matcher.name.clone(), matcher.value.clone());
        } else {
            builder.push(matcher.name.clone(), "");
        }
    }
    builder.build()
}

/// Takes the arguments behind the first one, in order.
pub(super) fn replace(input: Plan, texts: Vec<String>) -> Result<LabelReplace, Error> {
    let Ok([target, replacement, source, pattern]) = <[String; 4]>::try_from(texts) else {
        return Err(Error::execution("label_replace takes four strings"));
    };
    let compiled = regex::Regex::new(&format!("^(?s:{pattern})$"));
    let compiled =
        compiled.map_err(|_| Error::execution(format!("invalid regular expression in label_replace(): {pattern}")))?;
    if !is_name(&target) {
        return Err(Error::execution(format!("invalid destination label name in label_replace(): {target}")));
    }
    Ok(LabelReplace { input, target, replacement, source, pattern: compiled })
}

/// Takes the arguments behind the first one, in order.
pub(super) fn join(input: Plan, texts: Vec<String>) -> Result<LabelJoin, Error> {
    let mut texts = texts.into_iter();
    let (target, separator) = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
    let sources: Vec<String> = texts.collect();
    if let Some(source) = sources.iter().find(|source| !is_name(source)) {
        return Err(Error::execution(format!("invalid source label name in label_join(): {source}")));
    }
    if !is_name(&target) {
        return Err(Error::execution(format!("invalid destination label name in label_join(): {target}")));
    }
    Ok(LabelJoin { input, target, separator, sources })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_has_the_labels_that_are_certain() {
        let matcher = |name: &str, op, value: &str| Matcher::new(name, op, value).expect("a matcher");
        let (equal, regex) = (MatchOp::Equal, MatchOp::Regex);
        for (matchers, expected) in [
            (vec![matcher("__name__", equal, "m"), matcher("a", equal, "1")], r#"{a="1"}"#),
            (vec![matcher("a", equal, "1"), matcher("a", equal, "2"), matcher("b", equal, "3")], r#"{b="3"}"#),
            (vec![matcher("a", equal, "1"), matcher("a", regex, "1.*")], "{}"),
            (vec![matcher("a", regex, "1.*"), matcher("a", equal, "1")], r#"{a="1"}"#),
        ] {
            assert_eq!(absent(&matchers).to_string(), expected);
        }
    }
}
