//! The index against a walk over all series.

use aio_types::MatchOp::{Equal, NotEqual, NotRegex, Regex};
use aio_types::{MatchOp, Matcher};
use proptest::prelude::*;

use super::*;

fn index() -> (Index, Vec<Labels>) {
    let series = [
        [("__name__", "up"), ("job", "a")].as_slice(),
        &[("__name__", "up"), ("job", "b"), ("zone", "x")],
        &[("__name__", "down"), ("job", "a")],
    ];
    indexed(series.into_iter().map(|pairs| Labels::from_pairs(pairs.iter().copied())).collect())
}

fn indexed(series: Vec<Labels>) -> (Index, Vec<Labels>) {
    let mut index = Index::default();
    for (id, labels) in (0..).zip(&series) {
        index.insert(id, labels);
    }
    (index, series)
}

fn select((index, series): &(Index, Vec<Labels>), matchers: &[Matcher]) -> Vec<u32> {
    let passes = |id: u32, matcher: &Matcher| matcher.matches_labels(&series[id as usize]);
    index.select(&Plan::new(matchers), passes).into_iter().collect()
}

#[test]
fn matchers_narrow_and_an_absent_label_is_empty() {
    for (matchers, expected) in [
        (vec![("__name__", Equal, "up")], vec![0, 1]),
        (vec![("zone", Equal, "")], vec![0, 2]),
        (vec![("zone", NotEqual, "")], vec![1]),
        (vec![("zone", NotEqual, "x"), ("job", Equal, "a")], vec![0, 2]),
        (vec![("zone", Regex, "x|")], vec![0, 1, 2]),
        (vec![("zone", Regex, "|y")], vec![0, 2]),
        (vec![("zone", NotRegex, "|y")], vec![1]),
        (vec![("zone", Regex, ".+")], vec![1]),
        (vec![("zone", NotRegex, ".+")], vec![0, 2]),
        (vec![("zone", NotRegex, ".*")], vec![]),
        (vec![("job", NotRegex, "b.*"), ("__name__", Regex, "u.")], vec![0]),
        (vec![("nope", Equal, "y")], vec![]),
        (vec![("nope", Regex, "y.*|")], vec![0, 1, 2]),
        (vec![], vec![0, 1, 2]),
    ] {
        let matchers: Vec<_> = matchers.into_iter().map(|(n, op, v)| Matcher::new(n, op, v).expect("valid")).collect();
        assert_eq!(select(&index(), &matchers), expected, "{matchers:?}");
    }
}

#[test]
fn names_and_values_of_a_selection() {
    let ((index, _), first) = (index(), RoaringBitmap::from_iter([0]));
    let wanted = |ids: &Ids| !ids.is_disjoint(&first);
    let mut names: Vec<_> = index.names(wanted).collect();
    names.sort_unstable();
    assert_eq!(names, ["__name__", "job"]);
    assert_eq!(index.values("job", wanted).collect::<Vec<_>>(), ["a"]);
}

#[test]
fn a_removed_series_leaves_nothing_behind() {
    let (mut index, series) = index();
    for (id, labels) in (0..).zip(&series) {
        index.remove(id, labels);
    }
    assert_eq!(index.pairs().count(), 0);
    assert!(index.all.is_empty() && index.labels.is_empty());
}

#[test]
fn many_at_once_are_as_one_by_one() {
    let (one_by_one, series) = index();
    for together in [0, 1, 2, 3] {
        let mut index = Index::default();
        let numbered = || (0_u32..).zip(&series);
        numbered().take(together).for_each(|(id, labels)| index.insert(id, labels));
        index.insert_all(numbered().skip(together));
        assert_eq!(format!("{:?}", sorted(&index)), format!("{:?}", sorted(&one_by_one)));
        assert_eq!(index.all, one_by_one.all);
        assert!(index.labels.iter().all(|(name, label)| label.any.len() == one_by_one.labels[name].any.len()));
    }
}

fn sorted(index: &Index) -> BTreeMap<(&str, &str), u64> {
    index.pairs().map(|(name, value, ids)| ((name, value), ids.len())).collect()
}

/// Short words over few letters, so that they meet.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[ab]{1,3}", "[ab]\n?[ä-ö]"]
}

fn pattern() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        word(),
        Just(".*".to_owned()),
        Just(".+".to_owned()),
        Just(".".to_owned()),
        Just("[ab]".to_owned()),
        Just("[^a]".to_owned()),
        Just("a?".to_owned()),
        Just("^a".to_owned()),
        Just("b$".to_owned()),
        Just("(?i:aB)".to_owned()),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| format!("({})", parts.join("|"))),
            inner.prop_map(|part| format!("(?:{part})*")),
        ]
    })
}

fn matcher() -> impl Strategy<Value = Matcher> {
    let op = prop_oneof![Just(Equal), Just(NotEqual), Just(Regex), Just(NotRegex)];
    ("[xyz]", op, word(), pattern()).prop_filter_map("compiles", |(name, op, literal, pattern)| {
        let value = if matches!(op, MatchOp::Equal | MatchOp::NotEqual) { literal } else { pattern };
        Matcher::new(name, op, value).ok()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn what_is_selected_is_what_passes(
        series in prop::collection::vec((word(), word(), word()), 0..40),
        matchers in prop::collection::vec(matcher(), 0..4),
    ) {
        let labels = |(x, y, z)| Labels::from_pairs([("x", x), ("y", y), ("z", z)]);
        let index = indexed(series.into_iter().map(labels).collect());
        let passing = |labels: &Labels| matchers.iter().all(|m| m.matches_labels(labels));
        let expected: Vec<_> =
            (0..).zip(&index.1).filter(|(_, labels)| passing(labels)).map(|(id, _)| id).collect();
        prop_assert_eq!(select(&index, &matchers), expected, "{:?}", matchers);
    }
}
