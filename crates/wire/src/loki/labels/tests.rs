use proptest::prelude::*;

use super::*;

#[test]
fn label_sets_as_clients_write_them() {
    for (text, want) in [
        ("", "{}"),
        (r"{}", r"{}"),
        (r#"{a="b"}"#, r#"{a="b"}"#),
        (r#" { a = "b" , c="d", } "#, r#"{a="b", c="d"}"#),
        (r#"{a="q\"\\\n\x41é\u00e9\101"}"#, "{a=\"q\\\"\\\\\\nAééA\"}"),
        ("{a=`raw\\n`}", r#"{a="raw\\n"}"#),
        (r#"{a='b"c', d="e'f", empty=""}"#, r#"{a="b\"c", d="e'f"}"#),
        (r#"{a="\xff"}"#, "{a=\"\u{fffd}\"}"),
        (r#"foo{app="x"}"#, r#"{__name__="foo", app="x"}"#),
        (r#"a:b{__name__="bar"} # c"#, r#"{__name__="a:b"}"#),
        ("sum", r#"{__name__="sum"}"#),
        (r#"{"app"="x", "m"}"#, r#"{__name__="m", app="x"}"#),
        (r#"{a="", a="b"}"#, r#"{a="b"}"#),
    ] {
        assert_eq!(parse_labels(text).map(|l| l.to_string()), Ok(want.to_owned()), "{text}");
    }
}

#[test]
fn faults_are_told_as_promql_tells_them() {
    for (text, want) in [
        ("{,}", r#"1:2: parse error: unexpected "," in label set, expected identifier or "}""#),
        (r#"{="x"}"#, r#"1:2: parse error: unexpected "=" in label set, expected identifier or "}""#),
        (r#"{a b="x"}"#, r#"1:4: parse error: unexpected identifier "b" in label set, expected "=""#),
        (r#"{a.b="1"}"#, "1:3: parse error: unexpected character inside braces: '.'"),
        (r#"{a:b="1"}"#, "1:3: parse error: unexpected character inside braces: ':'"),
        (r#"{ключ="1"}"#, "1:2: parse error: unexpected character inside braces: 'к'"),
        ("{app=}", r#"1:6: parse error: unexpected "}" in label set, expected string"#),
        ("{app", "1:5: parse error: unexpected end of input inside braces"),
        (r#"{app="x""#, "1:9: parse error: unexpected end of input inside braces"),
        (r#"{app="x" b="y"}"#, r#"1:10: parse error: unexpected identifier "b" in label set, expected "," or "}""#),
        ("{app=\"x\",\n b}", r#"2:3: parse error: unexpected "}" in label set, expected "=""#),
        (r#"{app="x"}y"#, r#"1:10: parse error: unexpected identifier "y""#),
        (r#"{a!="x"}"#, r#"1:3: parse error: unexpected <op:!=> in label set, expected "=""#),
        (r#"{a=~"x"}"#, r#"1:3: parse error: unexpected <op:=~> in label set, expected "=""#),
        (r#"{app="\q"}"#, "1:6: parse error: unknown escape sequence U+0071 'q'"),
        (r#"{app="\xg0"}"#, "1:6: parse error: illegal character U+0067 'g' in escape sequence"),
        (r#"{app="\400"}"#, "1:6: parse error: escape sequence is an invalid Unicode code point"),
        ("{app=\"x\n\"}", "1:6: parse error: unterminated quoted string"),
        (r#"{a="ab"#, "1:4: parse error: unterminated quoted string"),
        ("{a=`ab", "1:4: parse error: unterminated raw string"),
        (r#"{a="b"}}"#, "1:8: parse error: unexpected character: '}'"),
        ("{{", "1:2: parse error: unexpected left brace '{'"),
        (r#"app="x""#, r#"1:4: parse error: unexpected "=""#),
        (r#"{app="x"} {b="c"}"#, r#"1:11: parse error: unexpected "{""#),
        (r#"1{a="b"}"#, r#"1:1: parse error: unexpected number "1""#),
        (r#""x"y"#, r#"1:1: parse error: unexpected string "\"x\"""#),
        (r#"{a="b" "c"}"#, r#"1:8: parse error: unexpected string "\"c\"" in label set, expected "," or "}""#),
        (r#"{"a.b"="c"}"#, r#"1:2: parse error: invalid label name "a.b""#),
    ] {
        let fault = parse_labels(text).expect_err(text);
        assert_eq!(fault.to_string(), format!("couldn't parse labels: {want}"), "{text}");
    }
    let long = parse_labels(&format!("{{a {}}}", "b".repeat(100_000))).expect_err("no label set");
    assert!(long.to_string().len() < 700, "{long}");
}

#[test]
fn a_name_occurs_once() {
    let fault = parse_labels(r#"{b="", b="2", a="x", a="y"}"#).expect_err("twice");
    let pairs = [("a", "x"), ("a", "y"), ("b", "2")].map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec();
    assert_eq!(fault, LabelsFault::Duplicate { name: "a".to_owned(), pairs });
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(pairs in proptest::collection::vec(("[a-z_]{1,5}", "\\PC{0,8}"), 0..4)) {
        let labels = Labels::from_pairs(pairs);
        prop_assert_eq!(parse_labels(&labels.to_string()), Ok(labels));
    }

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,40}", near in "[{}a\"'`=,~!#: \\\\x0é\n]{0,12}") {
        let _any = parse_labels(&text);
        let _any = parse_labels(&near);
    }
}
