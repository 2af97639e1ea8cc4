//! A copy of the files taken between any two steps is what a crash leaves behind.

use super::*;
use crate::tombstones::DeleteLines;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("creates");
    for entry in std::fs::read_dir(from).expect("lists") {
        let path = entry.expect("entry").path();
        let target = to.join(path.file_name().expect("named"));
        if path.is_dir() { copy(&path, &target) } else { _ = std::fs::copy(&path, &target).expect("copies") }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Push(i64, u8),
    Flush,
    Maintain,
    Delete(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..40_i64, 0..3_u8).prop_map(|(seconds, app)| Step::Push(seconds, app)),
        3 => Just(Step::Flush),
        1 => Just(Step::Maintain),
        1 => (0..40_i64).prop_map(Step::Delete),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_moment_can_be_the_last(steps in proptest::collection::vec(step(), 1..40)) {
        let dir = tempfile::tempdir().expect("temp dir");
        let mut store = open(dir.path());
        let mut model: std::collections::BTreeSet<(i64, u8)> = std::collections::BTreeSet::new();
        for (i, step) in steps.iter().enumerate() {
            match step {
                Step::Push(seconds, app) => {
                    push(&store, &format!("a{app}"), &[entry(*seconds, &format!("line {seconds} of {app}"), &[])]);
                    model.insert((*seconds, *app));
                }
                Step::Flush => store.flush().expect("flushes"),
                Step::Maintain => store.maintain(NOW).expect("maintains"),
                Step::Delete(to) => {
                    let at = |seconds: i64| TimestampNs::from_ms(NOW).saturating_add(seconds * S);
                    let lines = DeleteLines { query: "a1 ".to_owned(), start: at(0), end: at(*to) };
                    store.delete(&TenantId::default(), lines, NOW).expect("deletes");
                    model.retain(|(seconds, app)| *app != 1 || seconds > to);
                }
            }
            let want: Vec<String> = model.iter().map(|(s, app)| format!("line {s} of {app}")).collect();
            if i % 4 == 3 {
                let other = tempfile::tempdir().expect("temp dir");
                copy(dir.path(), other.path());
                let copied = open(other.path());
                prop_assert_eq!(&lines(&copied, &everything()), &want);
                drop(store);
                store = open(dir.path());
            }
            prop_assert_eq!(&lines(&store, &everything()), &want);
            let stats = store.source(&TenantId::default()).stats(&[], TimestampNs::MIN, TimestampNs::MAX);
            prop_assert_eq!(stats.expect("counts").entries, want.len() as u64);
        }
    }
}
