//! What is known of metric families, which is kept for long: so much of it and no more.

use std::collections::BTreeMap;

use aio_types::Metadata;

/// Longest name of a family about which something is kept, in bytes.
const NAME_BYTES_MAX: usize = 1 << 10;
/// Longest help that is kept, in bytes: what is longer is cut.
const HELP_BYTES_MAX: usize = 4 << 10;
/// The same of units.
const UNIT_BYTES_MAX: usize = 256;

/// What of `told` is not known yet, as it is kept.
pub(crate) fn news(known: &BTreeMap<String, Metadata>, told: &[(String, Metadata)]) -> Vec<(String, Metadata)> {
    let is_news = |(name, metadata): &&(String, Metadata)| {
        name.len() <= NAME_BYTES_MAX && known.get(name).is_none_or(|known| !is_as_kept(known, metadata))
    };
    told.iter().filter(is_news).map(|(name, metadata)| (name.clone(), kept(metadata))).collect()
}

fn is_as_kept(known: &Metadata, told: &Metadata) -> bool {
    known.kind == told.kind
        && known.help == cut(&told.help, HELP_BYTES_MAX)
        && known.unit == cut(&told.unit, UNIT_BYTES_MAX)
}

fn kept(told: &Metadata) -> Metadata {
    let (help, unit) = (cut(&told.help, HELP_BYTES_MAX), cut(&told.unit, UNIT_BYTES_MAX));
    Metadata { kind: told.kind, help: help.to_owned(), unit: unit.to_owned() }
}

fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests {
    use aio_types::MetricKind;

    use super::*;

    #[test]
    fn what_is_known_is_no_news_and_long_texts_are_cut() {
        let long = "x".to_owned() + &"ü".repeat(HELP_BYTES_MAX);
        let told = [
            ("a".to_owned(), Metadata { help: "h".into(), ..Metadata::default() }),
            ("b".to_owned(), Metadata { help: long.clone(), unit: long.clone(), kind: MetricKind::Counter }),
            ("n".repeat(NAME_BYTES_MAX + 1), Metadata::default()),
        ];
        let mut known = BTreeMap::new();
        known.extend(news(&known, &told));
        assert_eq!((known.len(), known["a"].help.as_str()), (2, "h"));
        assert_eq!((&*known["b"].help, known["b"].unit.len()), (&long[..HELP_BYTES_MAX - 1], UNIT_BYTES_MAX - 1));
        assert!(news(&known, &told).is_empty());
        assert_eq!(news(&known, &[("a".to_owned(), Metadata::default())]).len(), 1, "another help");
    }
}
