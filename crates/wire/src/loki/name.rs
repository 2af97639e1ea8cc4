//! Names of structured metadata: whatever senders call it, what is stored can be asked for.

use std::borrow::Cow;

use aio_types::Labels;

/// How much of a name a fault shows.
const SHOWN_BYTES_MAX: usize = 512;

/// Whether a text can name a label.
pub(crate) fn is_identifier(name: &str) -> bool {
    let letters = |b: u8| b == b'_' || b.is_ascii_alphanumeric();
    name.bytes().all(letters) && name.bytes().next().is_some_and(|b| !b.is_ascii_digit())
}

/// Whether normalising changes nothing; not told of names that begin and end with `__`.
fn is_normal(name: &str) -> bool {
    is_identifier(name) && !name.contains("__") && name != "_"
}

/// A name without characters that names cannot have: runs of them become one `_`, and before a digit goes `key_`.
///
/// # Errors
/// Where nothing is left, in Loki's words.
pub(crate) fn normal_name(name: &str) -> Result<Cow<'_, str>, String> {
    if is_normal(name) {
        return Ok(Cow::Borrowed(name));
    }
    if name.is_empty() {
        return Err("label name is empty".to_owned());
    }
    let inner = name.strip_prefix("__").and_then(|rest| rest.strip_suffix("__"));
    let mut normal = String::with_capacity(name.len() + 4);
    for c in inner.unwrap_or(name).chars() {
        if c.is_ascii_alphanumeric() {
            normal.push(c);
        } else if !normal.ends_with('_') {
            normal.push('_');
        }
    }
    if inner.is_some() {
        normal = format!("__{normal}__");
    } else if normal.starts_with(|c: char| c.is_ascii_digit()) {
        normal.insert_str(0, "key_");
    }
    if normal.bytes().all(|b| b == b'_') {
        let shown = &name[..name.floor_char_boundary(SHOWN_BYTES_MAX)];
        return Err(format!("normalization for label name {shown:?} resulted in invalid name {normal:?}"));
    }
    Ok(Cow::Owned(normal))
}

/// Names and values, borrowed where they can be.
pub(super) type Pairs<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// Structured metadata as it is stored. A pair whose name had to be changed goes before one that came with that name, the
/// last of several before the others.
///
/// # Errors
/// As [`normal_name`].
pub(super) fn metadata(mut pairs: Pairs<'_>) -> Result<Labels, String> {
    let is_fine = |value: &str| value.is_ascii() || !value.contains('\u{fffd}');
    if !pairs.iter().all(|(name, value)| is_normal(name) && is_fine(value)) {
        pairs = normal(&pairs)?;
    }
    if !pairs.is_sorted_by(|a, b| a.0 < b.0) {
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        pairs.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            if is_same {
                std::mem::swap(next, kept);
            }
            is_same
        });
    }
    pairs.retain(|(_, value)| !value.is_empty());
    Ok(Labels::from_sorted(pairs.iter().map(|(name, value)| (&**name, &**value))))
}

fn normal(pairs: &Pairs<'_>) -> Result<Pairs<'static>, String> {
    let (mut kept, mut renamed) = (Vec::with_capacity(pairs.len()), Vec::new());
    for (name, value) in pairs {
        let normal = normal_name(name)?;
        let list = if normal == *name { &mut kept } else { &mut renamed };
        // What was no text is not kept as a mark of that.
        list.push((Cow::Owned(normal.into_owned()), Cow::Owned(value.replace('\u{fffd}', " "))));
    }
    kept.append(&mut renamed);
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_what_can_be_asked_for() {
        for (name, want) in [
            ("user_id", "user_id"),
            ("_a", "_a"),
            ("user.id", "user_id"),
            ("a-b", "a_b"),
            ("a.-b", "a_b"),
            ("a__b", "a_b"),
            ("9x", "key_9x"),
            ("__name__", "__name__"),
            ("__a.b__", "__a_b__"),
            ("__a", "_a"),
            ("k\u{fffd}", "k_"),
            ("ключ1", "_1"),
            ("a:b", "a_b"),
        ] {
            assert_eq!(normal_name(name).as_deref(), Ok(want), "{name}");
        }
        assert!(matches!(normal_name("trace_id"), Ok(Cow::Borrowed(_))));
        for (name, want) in [
            ("", "label name is empty"),
            ("ключ", r#"normalization for label name "ключ" resulted in invalid name "_""#),
            ("_", r#"normalization for label name "_" resulted in invalid name "_""#),
            ("____", r#"normalization for label name "____" resulted in invalid name "____""#),
        ] {
            assert_eq!(normal_name(name), Err(want.to_owned()), "{name}");
        }
        assert!(normal_name(&"ж".repeat(100_000)).is_err_and(|why| why.len() < 700));
    }

    #[test]
    fn of_pairs_that_get_the_same_name_one_is_kept() {
        for (pairs, want) in [
            (&[("b", "1"), ("a", "2"), ("c", "")][..], r#"{a="2", b="1"}"#),
            (&[("b", "1"), ("a", "2"), ("b", "3"), ("b", "4")], r#"{a="2", b="4"}"#),
            (&[("user.id", "1"), ("user_id", "2"), ("user-id", "3")], r#"{user_id="3"}"#),
            (&[("user_id", "2"), ("user.id", "1")], r#"{user_id="1"}"#),
            (&[("user.id", ""), ("user_id", "2")], "{}"),
            (&[("a", "x\u{fffd}\u{fffd}y"), ("b", "é")], r#"{a="x  y", b="é"}"#),
        ] {
            let pairs: Vec<_> = pairs.iter().map(|(n, v)| (Cow::Borrowed(*n), Cow::Borrowed(*v))).collect();
            assert_eq!(metadata(pairs).map(|labels| labels.to_string()), Ok(want.to_owned()));
        }
    }
}
