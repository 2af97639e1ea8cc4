//! Structural operators.

use aio_types::Span;

use crate::fixture::{ask, node, sets};

/// ```text
///   a ── b ── d      x ── y   (x's parent is missing)
///    \        e
///     c ── f
/// ```
fn tree() -> Vec<Span> {
    [('a', '-'), ('b', 'a'), ('c', 'a'), ('d', 'b'), ('e', 'b'), ('f', 'c'), ('x', 'w'), ('y', 'x')]
        .map(|(name, parent)| node(name, parent))
        .to_vec()
}

fn check(query: &str, want: &str) {
    let query = query.replace('[', "{name =~ \"[").replace(']', "]\"}");
    assert_eq!(sets(&query, &tree()), want, "{query}");
}

#[test]
fn spans_are_related_as_the_operator_says() {
    for (query, want) in [
        ("[ab] > [bcde]", "bcde"),
        ("[a] > [de]", ""),
        ("[de] < [abc]", "b"),
        ("[a] >> [abcdefxy]", "bcdef"),
        ("[dy] << [abcx]", "abx"),
        ("[b] ~ [abcd]", "c"),
        ("[bc] ~ [bc]", "bc"),
        ("[d] ~ [de]", "e"),
        // Below a missing parent as well.
        ("[x] > [y]", "y"),
        ("[y] << [x]", "x"),
        // What relates to none.
        ("[a] !> [abd]", "ad"),
        ("[b] !>> [abdf]", "abf"),
        ("[d] !< [abc]", "ac"),
        ("[d] !<< [abc]", "c"),
        ("[b] !~ [abcd]", "abd"),
        ("[z] !> [ab]", "ab"),
        ("[z] > [ab]", ""),
        // Those of both sides.
        ("[ac] &> [bf]", "abcf"),
        ("[ax] &>> [f]", "af"),
        ("[fd] &< [c]", "cf"),
        ("[fd] &<< [a]", "adf"),
        ("[bd] &~ [ce]", "bcde"),
        // Relations bind more tightly than && and ||.
        ("[a] > [b] && [c] > [f]", "bf"),
        ("[z] || [a] > [c]", "c"),
        ("[a] > [b] > [d]", "d"),
        ("([a] > [bc]) << [a]", "a"),
    ] {
        check(query, want);
    }
}

#[test]
fn roots_are_siblings_and_rings_have_an_end() {
    let two_roots = [node('a', '-'), node('b', '-')];
    assert_eq!(sets("{name=\"a\"} ~ {}", &two_roots), "b");
    let ring = [node('a', 'b'), node('b', 'a'), node('c', 'c')];
    assert_eq!(sets("{} >> {name != \"c\"}", &ring), "a");
    assert_eq!(sets("{} >> {name=\"c\"}", &ring), "");
}

#[test]
fn halves_of_a_call_that_share_an_id_are_two_spans() {
    let half = |name: &str, kind: u8| Span { name: name.into(), kind, ..node('b', 'a') };
    let spans = [node('a', '-'), half("s", 2), half("c", 3), node('d', 'b')];
    for (query, want) in [
        ("{name=\"c\"} > {}", "s"),
        ("{name=\"s\"} > {}", "d"),
        ("{name=\"a\"} > {}", "c"),
        ("{name=\"c\"} ~ {}", ""),
        ("{name=\"d\"} << {}", "asc"),
    ] {
        assert_eq!(sets(query, &spans), want, "{query}");
    }
}

#[test]
fn nested_sets_nest() {
    let found = ask("{} | select(nestedSetLeft, nestedSetRight, nestedSetParent)", &tree()).expect("answers");
    let of = |at: usize| {
        let spans = &found.as_ref().expect("a trace").sets[0].spans[at];
        spans.attributes.iter().map(|(_, value)| crate::fixture::plain(value)).collect::<Vec<_>>().join(" ")
    };
    // a b c d e f x y
    let want = ["1 12 -1", "2 7 1", "8 11 1", "3 4 2", "5 6 2", "9 10 8", "0 0 0", "0 0 0"];
    assert_eq!((0..8).map(of).collect::<Vec<_>>(), want);
}

#[test]
fn a_trace_as_deep_as_it_is_long_is_walked() {
    let depth = 20_000_u64;
    let chain: Vec<Span> = (1..=depth)
        .map(|n| Span {
            span_id: aio_types::SpanId(n.to_be_bytes()),
            parent_span_id: aio_types::SpanId((n - 1).to_be_bytes()),
            ..node('a', '-')
        })
        .collect();
    let found = ask("{nestedSetParent < 0} >> {span:childCount = 0}", &chain).expect("answers").expect("a trace");
    assert_eq!(found.sets[0].matched, 1);
}
