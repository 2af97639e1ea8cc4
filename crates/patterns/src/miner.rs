//! Lines in, clusters out.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::cluster::Cluster;
use crate::token::{Shape, Token, tokens as tokens_of};

/// Most patterns at once; what was not seen for longest gives way.
pub const CLUSTERS_MAX: usize = 300;
/// Most masked forms whose cluster is remembered; past it they are forgotten and found again by comparing.
const FORMS_MAX: usize = 8192;
/// Clusters with the same separators that a line is compared with.
const COMPARED_MAX: usize = 32;
/// A cluster so much alike is taken without a look at others.
const ENOUGH: f64 = 0.99;

/// Finds patterns in lines.
#[derive(Debug, Default)]
pub struct Miner {
    clusters: HashMap<u32, Cluster, Hashed>,
    /// Clusters by what separates their tokens; newest last.
    skeletons: HashMap<u64, Vec<u32>, Hashed>,
    forms: HashMap<u64, u32, Hashed>,
    next: u32,
    lines: u64,
    /// Of the line that is looked at.
    tokens: Vec<Token>,
}

impl Miner {
    /// The number of the pattern a line is of; none for a line that is too long, or blank. Numbers are not used again.
    pub fn add(&mut self, line: &str) -> Option<u32> {
        let mut tokens = std::mem::take(&mut self.tokens);
        let id = tokens_of(line, &mut tokens).map(|shape| self.number(shape, line, &tokens));
        self.tokens = tokens;
        id
    }

    fn number(&mut self, shape: Shape, line: &str, tokens: &[Token]) -> u32 {
        self.lines += 1;
        if let Some(id) = self.forms.get(&shape.form)
            && let Some(cluster) = self.clusters.get_mut(id)
        {
            cluster.seen = self.lines;
            return *id;
        }
        let id = self.alike(shape.skeleton, line, tokens);
        let id = id.unwrap_or_else(|| self.insert(shape.skeleton, line, tokens));
        if self.forms.len() >= FORMS_MAX {
            self.forms.clear();
        }
        self.forms.insert(shape.form, id);
        id
    }

    /// The pattern of a number, as long as it has not given way to others.
    #[must_use]
    pub fn pattern(&self, id: u32) -> Option<String> {
        self.clusters.get(&id).map(Cluster::pattern)
    }

    /// The cluster most like a line, which becomes part of it.
    fn alike(&mut self, skeleton: u64, line: &str, tokens: &[Token]) -> Option<u32> {
        let ids = self.skeletons.get(&skeleton)?;
        let mut best: Option<(f64, u32)> = None;
        for id in ids.iter().rev().take(COMPARED_MAX) {
            let likeness = self.clusters.get(id).and_then(|cluster| cluster.likeness(tokens));
            if let Some(likeness) = likeness.filter(|l| best.is_none_or(|(most, _)| *l > most)) {
                best = Some((likeness, *id));
                if likeness >= ENOUGH {
                    break;
                }
            }
        }
        let (_, id) = best?;
        let cluster = self.clusters.get_mut(&id)?;
        cluster.join(line, tokens);
        cluster.seen = self.lines;
        Some(id)
    }

    fn insert(&mut self, skeleton: u64, line: &str, tokens: &[Token]) -> u32 {
        if self.clusters.len() >= CLUSTERS_MAX {
            self.forget_oldest();
        }
        let id = self.next;
        self.next = self.next.wrapping_add(1);
        self.clusters.insert(id, Cluster::new(line, tokens, self.lines));
        self.skeletons.entry(skeleton).or_default().push(id);
        id
    }

    /// A tenth at a time, so that it need not be looked for at each line.
    fn forget_oldest(&mut self) {
        let mut all: Vec<_> = self.clusters.iter().map(|(id, cluster)| (cluster.seen, *id)).collect();
        all.sort_unstable();
        for (_, id) in all.into_iter().take(CLUSTERS_MAX / 10) {
            self.clusters.remove(&id);
        }
        let clusters = &self.clusters;
        self.skeletons.retain(|_, ids| {
            ids.retain(|id| clusters.contains_key(id));
            !ids.is_empty()
        });
        self.forms.retain(|_, id| clusters.contains_key(id));
    }
}

/// Keys are hashes already, or numbers in a row.
type Hashed = BuildHasherDefault<AsIs>;

#[derive(Debug, Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*b);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    /// Numbers in a row: spread, as a table takes the upper bits too.
    fn write_u32(&mut self, number: u32) {
        self.0 = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Patterns and how many lines they have.
    fn mined(lines: &[&str]) -> BTreeMap<String, usize> {
        let mut miner = Miner::default();
        let ids: Vec<_> = lines.iter().filter_map(|line| miner.add(line)).collect();
        let mut found = BTreeMap::new();
        for id in ids {
            *found.entry(miner.pattern(id).expect("few")).or_default() += 1;
        }
        found
    }

    fn check(lines: &[&str], want: &[(&str, usize)]) {
        let want: BTreeMap<String, usize> = want.iter().map(|(p, n)| ((*p).to_owned(), *n)).collect();
        assert_eq!(mined(lines), want);
    }

    #[test]
    fn plain_text() {
        check(
            &[
                "Connection from 10.0.0.1 port 5022 refused",
                "Connection from 10.0.0.2 port 22 refused",
                "user alice logged in from web",
                "user bob logged in from web",
                "shutting down",
            ],
            &[("Connection from <_> port <_> refused", 2), ("user <_> logged in from web", 2), ("shutting down", 1)],
        );
    }

    #[test]
    fn json_and_logfmt() {
        check(
            &[
                r#"{"level":"info","msg":"request done","path":"/a/1","took":"5ms"}"#,
                r#"{"level":"info","msg":"request done","path":"/b","took":"17ms"}"#,
                r#"level=info msg="request done" path=/a/1 took=5ms"#,
                r#"level=info msg="request done" path=/login took=8ms"#,
            ],
            &[
                (r#"{"level":"info","msg":"request done","path":"<_>","took":"<_>"}"#, 2),
                (r#"level=info msg="request done" path=<_> took=<_>"#, 2),
            ],
        );
    }

    #[test]
    fn nginx_klog_and_tracebacks() {
        check(
            &[
                r#"10.1.2.3 - - [10/Oct/2026:13:55:36 +0000] "GET /index.html HTTP/1.1" 200 2326"#,
                r#"10.1.2.4 - - [10/Oct/2026:13:55:37 +0000] "POST /login HTTP/1.1" 302 12"#,
                r#"I1010 13:55:36.123456       1 controller.go:114] "Syncing" pod="a/b-1""#,
                r#"I1010 13:55:36.223456       1 controller.go:114] "Syncing" pod="a/c-22""#,
                "  File \"/app/main.py\", line 17, in run",
                "  File \"/app/other.py\", line 3, in run",
            ],
            &[
                (r#"<_> - - [<_>:<_>:<_>:<_> <_>] "GET <_> <_>" <_> <_>"#, 1),
                (r#"<_> - - [<_>:<_>:<_>:<_> <_>] "POST <_> <_>" <_> <_>"#, 1),
                (r#"<_> <_>:<_>:<_>       <_> controller.go:<_>] "Syncing" pod="<_>""#, 2),
                ("  File \"<_>\", line <_>, in run", 2),
            ],
        );
    }

    #[test]
    fn different_templates_stay_apart() {
        check(
            &["cache miss for key", "queue full at once", "a <b> c", "a <_> c"],
            &[("cache miss for key", 1), ("queue full at once", 1), ("a <_> c", 2)],
        );
    }

    #[test]
    fn memory_is_bounded() {
        let mut miner = Miner::default();
        let word = |mut i: u32| {
            let mut out = String::new();
            for _ in 0..6 {
                out.push(char::from(b'a' + u8::try_from(i % 26).unwrap_or_default()));
                i /= 26;
            }
            out
        };
        for i in 0..20_000 {
            // Most with separators of their own.
            let separators: String = (0..1 + i % 30).map(|n| char::from(b",;:|="[((i >> n) % 5) as usize])).collect();
            let line = format!("{}{separators}{}", word(i * 7919), word(i));
            assert!(miner.add(&line).is_some());
            assert!(miner.clusters.len() <= CLUSTERS_MAX && miner.forms.len() <= FORMS_MAX);
        }
        let known: usize = miner.skeletons.values().map(Vec::len).sum();
        assert_eq!(known, miner.clusters.len());
    }

    /// As the line filter `|>` does it.
    fn matches(pattern: &str, line: &str) -> bool {
        let literals: Vec<&str> = pattern.split("<_>").collect();
        let mut rest = line;
        for (i, literal) in literals.iter().enumerate() {
            let (is_first, is_last) = (i == 0, i + 1 == literals.len());
            if is_last && literal.is_empty() {
                return is_first == rest.is_empty();
            }
            match rest.find(literal) {
                Some(at) if at > 0 || is_first => rest = &rest[at + literal.len()..],
                _ => return false,
            }
        }
        rest.is_empty()
    }

    proptest! {
        #[test]
        fn a_pattern_finds_the_lines_it_was_made_of(
            lines in prop::collection::vec(r#"([a-c<>_1é/]{0,3}[ ="]{1,2}){0,4}[a-c1]{0,2}"#, 1..40),
        ) {
            let mut miner = Miner::default();
            let ids: Vec<_> = lines.iter().map(|line| miner.add(line)).collect();
            for (line, id) in lines.iter().zip(&ids) {
                let Some(id) = id else { continue };
                let pattern = miner.pattern(*id).expect("few");
                prop_assert!(matches(&pattern, line), "{} of {:?}", pattern, line);
                // A pattern is a line of its own pattern.
                let mut again = Miner::default();
                let id = again.add(&pattern).expect("one");
                prop_assert_eq!(again.pattern(id), Some(pattern));
            }
        }
    }
}
