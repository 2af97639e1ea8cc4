use regex::Regex;

use super::*;

fn compiled(pattern: &str) -> Regex {
    let translated = translate(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    Regex::new(&format!("^(?s:{translated})$")).unwrap_or_else(|error| panic!("{pattern} as {translated}: {error}"))
}

#[test]
fn patterns_match_what_go_matches() {
    for (pattern, matched, unmatched) in [
        (r"\Qa.b\E+", "a.bb", "axb"),
        (r"\Qa.b", "a.b", "axb"),
        (r"\d+", "12", "\u{664}"),
        (r"\D", "\u{664}", "1"),
        (r"\w", "_", "\u{e9}"),
        (r"[\w-x]+", "a-", "."),
        (r"[^\d]", "a", "1"),
        (r"[a\D]", "a", "1"),
        (r"\s", "\t", "\u{a0}"),
        (r"a\b.*", "a\u{e9}", "ab"),
        (r"a\B.", "ab", "a."),
        ("a{", "a{", "a"),
        ("a{,3}", "a{,3}", "aa"),
        ("a{01}", "a{01}", "a"),
        ("x{2,3}?", "xx", "x"),
        ("[a&&b]+", "a&b", "c"),
        ("[[a]", "[", "b"),
        ("[]a]", "]", "b"),
        ("[^]a]", "b", "]"),
        ("[a-]", "-", "b"),
        ("[[:alpha:]_]", "_", "1"),
        ("[[:^alpha:]]", "1", "a"),
        (r"\07\012\x{41}\x41", "\x07\nAA", "A"),
        (r"\_\<\-", "_<-", "x"),
        (r"\p{^Greek}\PN", "ab", "\u{3b1}b"),
        ("(?i)a(?-i:b)", "Ab", "AB"),
        ("(?i-s:a)(?:b)", "Ab", "AB"),
        ("(?P<n>a)(?<m>b)", "ab", "a"),
        ("}]#-~&", "}]#-~&", ""),
        ("a(?i){2}b?", "aaB", "aAb"),
        ("(?:a{30}){2,30}?", &"a".repeat(60), "a"),
        ("a b", "a b", "ab"),
        ("a|b.c", "b\nc", "ac"),
    ] {
        let regex = compiled(pattern);
        assert!(regex.is_match(matched) && !regex.is_match(unmatched), "{pattern} as {regex}");
    }
}

#[test]
fn faults_are_worded_as_go_words_them() {
    for (pattern, expected) in [
        ("(", "missing closing ): `(`"),
        ("a)(b", "unexpected ): `a)(b`"),
        ("[a", "missing closing ]: `[a`"),
        ("*", "missing argument to repetition operator: `*`"),
        ("a|+?", "missing argument to repetition operator: `+?`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("a{2}{3}", "invalid nested repetition operator: `{2}{3}`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
        ("(b|(a{500})*){3}?", "invalid repeat count: `{3}?`"),
        ("a{2,1}", "invalid repeat count: `{2,1}`"),
        ("[z-a]", "invalid character class range: `z-a`"),
        ("[a--b]", "invalid character class range: `a--`"),
        ("[[:foo:]]", "invalid character class range: `[:foo:]`"),
        (r"\q", r"invalid escape sequence: `\q`"),
        (r"[a-\d]", r"invalid escape sequence: `\d`"),
        (r"\u0041", r"invalid escape sequence: `\u`"),
        (r"\8", r"invalid escape sequence: `\8`"),
        (r"\1", r"invalid escape sequence: `\1`"),
        ("\\", "trailing backslash at end of expression: ``"),
        ("(?x)a", "invalid or unsupported Perl syntax: `(?x`"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ("(?i", "invalid or unsupported Perl syntax: `(?i`"),
        ("(?P<a b>c)", "invalid named capture: `(?P<a b>`"),
    ] {
        assert_eq!(translate(pattern).map_err(|error| error.to_string()), Err(expected.to_owned()));
    }
}

#[test]
fn escaped_characters_are_themselves() {
    for code in (0x20..0x7f).chain([0xe9, 0x3b1, 0x1_f642]) {
        let c = char::from_u32(code).expect("a character");
        let pattern = if c.is_ascii_punctuation() { format!("\\{c}[\\{c}]") } else { format!("{c}[{c}]") };
        assert!(compiled(&pattern).is_match(&format!("{c}{c}")), "{pattern}");
    }
}
