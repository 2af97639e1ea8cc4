//! Torn, flipped and half-written files: never a panic, never wrong lines, and the next write works.

use super::*;

/// Every file below `dir` with the extension.
fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).expect("lists") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                out.push(path);
            }
        }
    }
    out
}

#[test]
fn damaged_files_are_never_served() {
    for extension in ["store", "idx", "term", "fast"] {
        let dir = tempfile::tempdir().expect("temp dir");
        let store = open(dir.path());
        push(&store, "a", &[entry(1, "one two three", &[("k", "v")])]);
        store.flush().expect("flushes");
        drop(store);
        let [path] = &files(dir.path(), extension)[..] else { panic!("one {extension} file") };
        let good = std::fs::read(path).expect("reads");
        for at in (0..good.len()).step_by(good.len() / 24 + 1) {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            std::fs::write(path, &bad).expect("writes");
            let store = open(dir.path());
            let found = lines(&store, &everything());
            assert!(found.is_empty() || found == ["one two three"], "{extension} at {at}: {found:?}");
            // A damaged partition does not keep its day from being written.
            push(&store, "a", &[entry(2, "later", &[])]);
            store.flush().expect("flushes");
            assert!(lines(&store, &everything()).contains(&"later".to_owned()), "{extension} at {at}");
            drop(store);
            // Back to the start.
            let day = path.parent().expect("parent");
            let tenant = day.parent().expect("parent");
            let aside = day.with_extension("corrupt-0");
            if aside.exists() {
                std::fs::remove_dir_all(day).expect("removes");
                std::fs::rename(&aside, day).expect("renames");
            } else {
                std::fs::remove_dir_all(tenant).expect("removes");
                std::fs::remove_dir_all(dir.path().join("logs/wal")).expect("removes");
                let store = open(dir.path());
                push(&store, "a", &[entry(1, "one two three", &[("k", "v")])]);
                store.flush().expect("flushes");
                break;
            }
            std::fs::write(path, &good).expect("writes");
        }
    }
}

#[test]
fn a_torn_log_is_cut_and_a_damaged_one_refused() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    push(&store, "a", &[entry(1, "one", &[])]);
    push(&store, "a", &[entry(2, "two", &[])]);
    drop(store);
    let [path] = &files(dir.path(), "wal")[..] else { panic!("one segment") };
    let good = std::fs::read(path).expect("reads");
    std::fs::write(path, &good[..good.len() - 3]).expect("writes");
    assert_eq!(lines(&open(dir.path()), &everything()), ["one"]);
    let mut bad = good.clone();
    bad[40] ^= 1;
    std::fs::write(path, &bad).expect("writes");
    let error = LogsStore::open(Config { data_dir: dir.path().to_owned(), ..Config::default() }).expect_err("refused");
    assert!(error.to_string().contains("damaged at offset 28"), "{error}");
}

#[test]
fn a_damaged_chunk_costs_no_other_chunk_and_is_named() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    push(&store, "a", &[entry(1, "one", &[])]);
    push(&store, "b", &[entry(2, "two", &[])]);
    store.flush().expect("flushes");
    drop(store);
    let [path] = &files(dir.path(), "store")[..] else { panic!("one store file") };
    let good = std::fs::read(path).expect("reads");
    let mut damaged = 0;
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(path, &bad).expect("writes");
        let store = open(dir.path());
        let found = lines(&store, &everything());
        assert!(found.iter().all(|l| l == "one" || l == "two"), "{at}: {found:?}");
        // What tells where chunks are is damaged: the whole day is set aside.
        let aside = path.parent().expect("a day").with_extension("corrupt-0");
        if aside.exists() {
            std::fs::rename(&aside, path.parent().expect("a day")).expect("renames");
        }
        damaged += usize::from(found.len() == 1);
        if found.len() == 1 {
            let view = store
                .tenant(&TenantId::default())
                .state
                .lock()
                .partitions
                .values()
                .next()
                .expect("one")
                .view(Arc::default());
            let lookup = crate::plan::Lookup::Any;
            let (filter, mut read) = (crate::line_filter::LineFilter::default(), Default::default());
            let (start, end) = (TimestampNs::MIN, TimestampNs::MAX);
            let wanted = crate::partition::Wanted { matchers: &[], start, end, lookup: &lookup };
            let chunks = view.chunks(&wanted, &mut read).expect("chunks");
            let error =
                chunks.iter().find_map(|c| view.read(c, &filter, &mut read).err()).expect("one is damaged").to_string();
            assert!(error.contains(path.to_str().expect("utf-8")), "{error}");
        }
    }
    assert!(damaged > 20, "{damaged}");
}

#[test]
fn a_day_that_was_half_removed_is_gone_after_a_restart() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    push(&store, "a", &[entry(0, "one", &[])]);
    store.flush().expect("flushes");
    drop(store);
    let [meta] = &files(dir.path(), "store")[..] else { panic!("one day") };
    let day = meta.parent().expect("a day").to_owned();
    let expired = day.with_extension("expired");
    std::fs::rename(&day, &expired).expect("renames");
    std::fs::remove_file(expired.join("meta.json")).expect("removes");
    let store = open(dir.path());
    assert!(!expired.exists() && lines(&store, &everything()).is_empty());
}

#[test]
fn a_day_without_its_list_of_segments_is_set_aside_not_removed() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    push(&store, "a", &[entry(0, "one", &[])]);
    store.flush().expect("flushes");
    drop(store);
    let [chunks] = &files(dir.path(), "store")[..] else { panic!("one day") };
    let day = chunks.parent().expect("a day");
    std::fs::remove_file(day.join("meta.json")).expect("removes");
    let store = open(dir.path());
    assert!(!day.exists() && day.with_extension("corrupt-0").exists() && lines(&store, &everything()).is_empty());
    push(&store, "a", &[entry(0, "two", &[])]);
    store.flush().expect("flushes");
    assert_eq!(lines(&open(dir.path()), &everything()), ["two"]);
}

/// As after a death between the note that there will be a file and the file.
#[test]
fn a_file_that_was_only_announced_is_not_missed() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    push(&store, "a", &[entry(1, "one", &[])]);
    store.flush().expect("flushes");
    drop(store);
    let [segment] = &files(dir.path(), "store")[..] else { panic!("one segment") };
    let managed = segment.with_file_name(".managed.json");
    let text = std::fs::read_to_string(&managed).expect("reads");
    let name = segment.with_extension("46.del");
    let name = name.file_name().expect("a name").to_string_lossy();
    std::fs::write(&managed, text.replacen('[', &format!("[\"{name}\","), 1)).expect("writes");
    let store = open(dir.path());
    assert_eq!(lines(&store, &everything()), ["one"]);
    push(&store, "a", &[entry(2, "two", &[])]);
    store.flush().expect("flushes");
    assert_eq!(lines(&open(dir.path()), &everything()), ["one", "two"]);
}

#[test]
fn days_set_aside_go_with_their_retention() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    push(&store, "a", &[entry(-9 * 86_400, "old", &[])]);
    store.flush().expect("flushes");
    let tenant = dir.path().join("logs/tenants/default");
    let day = TimestampNs::from_ms(NOW).day();
    let (old, new) = (tenant.join(format!("{}.corrupt-0", day - 9)), tenant.join(format!("{day}.corrupt-0")));
    std::fs::create_dir_all(&old).expect("creates");
    std::fs::create_dir_all(&new).expect("creates");
    store.maintain(NOW).expect("maintains");
    assert!(!old.exists() && new.exists());
}

#[test]
fn a_crash_between_two_days_of_one_flush_loses_and_doubles_nothing() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = open(dir.path());
    push(&store, "a", &[entry(0, "today", &[]), entry(-86_400, "yesterday", &[])]);
    drop(store);
    let wal = dir.path().join("logs/wal");
    let kept: Vec<_> = files(&wal, "wal").into_iter().map(|p| (p.clone(), std::fs::read(&p).expect("reads"))).collect();
    open(dir.path()).flush().expect("flushes");
    // As if only the older day had been committed: the newer one's directory is as it was just after its creation.
    let today = dir.path().join("logs/tenants/default").join(TimestampNs::from_ms(NOW).day().to_string());
    std::fs::remove_dir_all(&today).expect("removes");
    std::fs::create_dir(&today).expect("creates");
    for (path, bytes) in kept {
        std::fs::write(path, bytes).expect("writes");
    }
    let store = open(dir.path());
    let stats = store.source(&TenantId::default()).stats(&[], TimestampNs::MIN, TimestampNs::MAX).expect("stats");
    assert_eq!((lines(&store, &everything()), stats.entries), (vec!["yesterday".to_owned(), "today".to_owned()], 2));
    store.flush().expect("flushes");
    assert_eq!(lines(&open(dir.path()), &everything()).len(), 2);
}
