//! The functions that templates of LogQL may call beside Go's own. Source: the reference of LogQL's template functions.
//!
//! Not there yet, and refused by name when a query is read: those of times (`date`, `toDate`, `unixEpoch` …,
//! `__timestamp__`), of decimal fractions (`addf` …) and `fromJson`.

mod encode;
mod number;
mod pattern;
mod text;

use std::sync::LazyLock;

use aio_gotmpl::{Function, Functions, Signature};

/// The text of the line.
pub(super) const LINE: &str = "__line__";

/// All of them.
pub(super) fn all() -> &'static Functions {
    static ALL: LazyLock<Functions> = LazyLock::new(|| {
        let mut functions = Functions::new();
        functions.add(LINE, Function::of_host(LINE, Signature::new(&[])));
        text::add(&mut functions);
        number::add(&mut functions);
        encode::add(&mut functions);
        pattern::add(&mut functions);
        functions
    });
    &ALL
}

#[cfg(test)]
mod tests {
    use aio_gotmpl::{MissingKey, NoHost, Template, Value};

    use super::all;

    /// What a template comes to without any label.
    fn run(text: &str) -> Result<String, String> {
        let template = Template::parse("line", text, all()).map_err(|e| e.to_string())?;
        let mut out = String::new();
        let done = template.with_missing_key(MissingKey::Zero).execute_value(&Value::Nil, &NoHost, &mut out);
        done.map(|()| out).map_err(|e| e.to_string())
    }

    #[test]
    fn functions_answer_as_their_models_in_go() {
        for (text, expected) in [
            (r#"{{ToUpper "aßé"}}|{{ToLower "AÉ"}}|{{title "one two_three"}}"#, "AßÉ|aé|One Two_three"),
            (r#"{{Replace "aaaa" "a" "b" 2}}|{{"aaaa" | replace "a" "b"}}"#, "bbaa|bbbb"),
            (r#"{{Trim "xxaxx" "x"}}|{{TrimLeft "xxa" "x"}}|{{TrimRight "axx" "x"}}"#, "a|a|a"),
            (r#"{{TrimPrefix "abc" "a"}}|{{TrimSuffix "abc" "c"}}|{{TrimSpace "  a "}}|"#, "bc|ab|a|"),
            (r#"{{trimPrefix "a" "abc"}}|{{trimSuffix "c" "abc"}}|{{trimAll "-" "-a-"}}|{{trim " a "}}"#, "bc|ab|a|a"),
            (
                r#"{{trunc 2 "abc"}}|{{trunc -2 "abc"}}|{{trunc 9 "abc"}}|{{substr 1 2 "abc"}}|{{substr 1 -1 "abc"}}"#,
                "ab|bc|abc|b|bc",
            ),
            (r#"{{contains "b" "abc"}}|{{hasPrefix "b" "abc"}}|{{hasSuffix "c" "abc"}}"#, "true|false|true"),
            ("{{indent 2 \"a\\nb\"}}|{{nindent 1 \"a\"}}", "  a\n  b|\n a"),
            (
                r#"{{repeat 3 "ab"}}|{{alignLeft 4 "ab"}}|{{alignRight 4 "ab"}}|{{alignLeft 1 "ab"}}|{{alignRight 1 "ab"}}"#,
                "ababab|ab  |  ab|a|b",
            ),
            (r#"{{default "x" ""}}|{{default "x" "y"}}|{{"" | default "z"}}"#, "x|y|z"),
            (r#"{{add 1 "2" 3}}|{{sub 5 2}}|{{mul 2 3 "4"}}|{{div 7 2}}|{{mod 7 4}}"#, "6|3|24|3|3"),
            (
                r#"{{int "12.0"}}|{{int "0x10"}}|{{int "010"}}|{{int "1_000"}}|{{int "-7"}}|{{int "1.5"}}|{{int ""}}|{{int "0"}}"#,
                "12|16|8|1000|-7|0|0|0",
            ),
            (r#"{{max 1 5 "3"}}|{{min 4 2}}|{{maxf 1.5 2}}|{{minf 1.5 2}}"#, "5|2|2|1.5"),
            (
                r#"{{ceil "1.2"}}|{{floor 1.8}}|{{round 1.255 2}}|{{int "12"}}|{{int 3.9}}|{{float64 "1.5"}}|{{int "x"}}"#,
                "2|1|1.25|12|3|1.5|0",
            ),
            (r#"{{bytes "2 KB"}}|{{duration "1m30s"}}|{{duration_seconds "250ms"}}"#, "2000|90|0.25"),
            (r#"{{urlencode "a b&ü"}}|{{urldecode "a+b%26%C3%BC"}}"#, "a+b%26%C3%BC|a b&ü"),
            (r#"{{b64enc "hello"}}|{{b64dec "aGVsbG8="}}"#, "aGVsbG8=|hello"),
            (
                r#"{{regexReplaceAll "(a)(b)" "abab" "${2}$1-"}}|{{regexReplaceAllLiteral "a" "ab" "$1"}}|{{count "a." "abac"}}"#,
                "ba-ba-|$1b|2",
            ),
        ] {
            assert_eq!(run(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn faults_are_named() {
        for (text, expected) in [
            (r#"{{date "2006" 1}}"#, r#"template: line:1: function "date" not defined"#),
            ("{{div 1 0}}", "error calling div: runtime error: integer divide by zero"),
            (r#"{{repeat -1 "a"}}"#, "error calling repeat: strings: negative Repeat count"),
            (r#"{{repeat 1000000000 "abc"}}"#, "error calling repeat: result is too long"),
            (r#"{{alignLeft 1000000000 "abc"}}"#, "error calling alignLeft: result is too long"),
            (r#"{{regexReplaceAll "(" "a" "b"}}"#, "error parsing regexp: missing closing )"),
            (r#"{{urldecode "%z"}}"#, r#"invalid URL escape "%z""#),
            (r#"{{duration "x"}}"#, "invalid duration"),
            (r#"{{bytes "x"}}"#, "error calling bytes"),
        ] {
            let error = run(text).expect_err(text);
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
