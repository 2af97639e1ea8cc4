//! The functions that templates of LogQL may call beside Go's own. Source: the reference of LogQL's template functions.

mod decimal;
mod encode;
mod json;
mod number;
mod pattern;
mod text;
mod time;

use std::sync::LazyLock;

use aio_gotmpl::{Function, Functions, Signature};

pub(super) use time::{NOW, TIMESTAMP};

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
        time::add(&mut functions);
        json::add(&mut functions);
        decimal::add(&mut functions);
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
            (r#"{{ToUpper "ᾳᾀῃ"}}"#, "ᾼᾈῌ"),
            (r#"{{Replace "aaaa" "a" "b" 2}}|{{"aaaa" | replace "a" "b"}}"#, "bbaa|bbbb"),
            (r#"{{Trim "xxaxx" "x"}}|{{TrimLeft "xxa" "x"}}|{{TrimRight "axx" "x"}}"#, "a|a|a"),
            (r#"{{TrimPrefix "abc" "a"}}|{{TrimSuffix "abc" "c"}}|{{TrimSpace "  a "}}|"#, "bc|ab|a|"),
            (r#"{{trimPrefix "a" "abc"}}|{{trimSuffix "c" "abc"}}|{{trimAll "-" "-a-"}}|{{trim " a "}}"#, "bc|ab|a|a"),
            (
                r#"{{trunc 2 "abc"}}|{{trunc -2 "abc"}}|{{trunc 9 "abc"}}|{{substr 1 2 "abc"}}|{{substr 1 -1 "abc"}}|{{substr -1 2 "abc"}}"#,
                "ab|bc|abc|b|bc|ab",
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
                "12|16|8|1000|-7|1|0|0",
            ),
            (
                r#"{{int "12.7"}}|{{int "-.5"}}|{{int "+.9"}}|{{int "010.9"}}|{{int "0x10.5"}}|{{int "1.2.3"}}|{{int "1_0.5"}}|{{int "1."}}|{{int "."}}"#,
                "12|0|0|8|0|0|0|1|0",
            ),
            (
                r#"{{add "12.7" 1}}|{{sub "2.9" "1.1"}}|{{mul "2.9" 2}}|{{div "7.5" 2}}|{{mod "7.9" 4}}|{{max "1.9" 1}}|{{min "1.9" 2}}|{{int 1e300}}"#,
                "13|1|4|3|3|1|1|-9223372036854775808",
            ),
            (
                r#"{{maxf "NaN" 3}}|{{minf 3 "NaN"}}|{{maxf "inf" "nan"}}|{{minf "-inf" "nan"}}|{{maxf "1_000" 3}}|{{maxf "1e400" 3}}|{{minf 0.0 -0.0}}|{{maxf -0.0 0.0}}|{{float64 "+nan"}}"#,
                "NaN|NaN|+Inf|-Inf|1000|3|-0|0|0",
            ),
            (r#"{{max 1 5 "3"}}|{{min 4 2}}|{{maxf 1.5 2}}|{{minf 1.5 2}}"#, "5|2|2|1.5"),
            (
                r#"{{ceil "1.2"}}|{{floor 1.8}}|{{round 1.255 2}}|{{int "12"}}|{{int 3.9}}|{{float64 "1.5"}}|{{int "x"}}"#,
                "2|1|1.25|12|3|1.5|0",
            ),
            (r#"{{bytes "2 KB"}}|{{duration "1m30s"}}|{{duration_seconds "250ms"}}"#, "2000|90|0.25"),
            (r#"{{urlencode "a b&ü"}}|{{urldecode "a+b%26%C3%BC"}}"#, "a+b%26%C3%BC|a b&ü"),
            (r#"{{b64enc "hello"}}|{{b64dec "aGVsbG8="}}|{{b64dec "aGVsbG8"}}"#, "aGVsbG8=|hello|hello"),
            (
                r#"{{b64dec "aGVsb"}}|{{b64dec "aG!s"}}"#,
                "illegal base64 data at input byte 4|illegal base64 data at input byte 2",
            ),
            (
                r#"{{b64dec "aGVs\nbG8="}}|{{b64dec "YQ="}}|{{b64dec "ab"}}|{{b64dec "YWI=\n"}}|{{b64dec ""}}|"#,
                "hello|a|i|ab||",
            ),
            (
                r#"{{b64dec "aGVsbG8=="}}|{{b64dec "aé"}}|{{b64dec "YQ=x"}}|{{b64dec "YQ==YQ=="}}"#,
                "illegal base64 data at input byte 8|illegal base64 data at input byte 1|illegal base64 data at input byte 2|illegal base64 data at input byte 4",
            ),
            (
                r#"{{b64dec "a"}}|{{b64dec "YQ=\nx"}}|{{b64dec "YQ\n"}}|{{b64dec "YWJj\nYW"}}|{{b64dec "YWJj===="}}"#,
                "illegal base64 data at input byte 0|illegal base64 data at input byte 3|illegal base64 data at input byte 4|illegal base64 data at input byte 8|illegal base64 data at input byte 4",
            ),
            (
                r#"{{addf 0.1 "0.2" 3}}|{{subf 1 0.9}}|{{mulf 1.1 1.1}}|{{divf 10 3 2}}|{{divf -1 3}}"#,
                "3.3|0.1|1.21|1.6666666666666667|-0.3333333333333333",
            ),
            (
                r#"{{$j := fromJson "{\"a\":[1,\"x\",null]}"}}{{index $j.a 1}} {{len $j.a}} {{$j}} {{fromJson "no"}}"#,
                "x 3 map[a:[1 x <nil>]] <no value>",
            ),
            (
                r#"{{toDate "2006-01-02" "2023-03-12" | date "Jan 2, 06"}}|{{toDate "2006" "x"}}"#,
                "Mar 12, 23|0001-01-01 00:00:00 +0000 UTC",
            ),
            (r#"{{toDateInZone "2006-01-02 15:04" "America/New_York" "2023-07-01 12:00" | unixEpoch}}"#, "1688227200"),
            (
                r#"{{unixToTime "1673798889"}}|{{unixToTime "19373" | unixEpochMillis}}|{{(unixToTime "1673798889902000000").Format "05.000"}}"#,
                "2023-01-15 16:08:09 +0000 UTC|1673827200000|09.902",
            ),
            (
                r#"{{date "2006-01-02" 86400}}|{{(unixToTime "1673798889902").Year}}|{{unixToTime "1673798889902000" | unixEpochNanos}}"#,
                "1970-01-02|2023|1673798889902000000",
            ),
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
            (r#"{{dateInZone "2006" 1 "UTC"}}"#, r#"template: line:1: function "dateInZone" not defined"#),
            (r#"{{unixEpoch 1}}"#, "can't handle 1 for arg of type time.Time"),
            (r#"{{unixToTime "x"}}"#, r#"unable to parse time 'x': strconv.ParseInt: parsing "x": invalid syntax"#),
            (r#"{{unixToTime "123"}}"#, "unable to parse time '123': %!w(<nil>)"),
            ("{{divf 1 0}}", "decimal division by 0"),
            ("{{div 1 0}}", "error calling div: runtime error: integer divide by zero"),
            (r#"{{repeat -1 "a"}}"#, "error calling repeat: strings: negative Repeat count"),
            (r#"{{repeat 1000000000 "abc"}}"#, "error calling repeat: result is too long"),
            (r#"{{alignLeft 1000000000 "abc"}}"#, "error calling alignLeft: result is too long"),
            (r#"{{regexReplaceAll "(" "a" "b"}}"#, "error parsing regexp: missing closing )"),
            (r#"{{urldecode "%z"}}"#, r#"invalid URL escape "%z""#),
            (r#"{{duration "x"}}"#, r#"error calling duration: time: invalid duration "x""#),
            (r#"{{duration "5"}}"#, r#"error calling duration: time: missing unit in duration "5""#),
            (r#"{{bytes "x"}}"#, r#"error calling bytes: strconv.ParseFloat: parsing "": invalid syntax"#),
            (r#"{{bytes "5Q"}}"#, "error calling bytes: unhandled size name: q"),
            (r#"{{substr 5 2 "abc"}}"#, "error calling substr: runtime error: slice bounds out of range [5:2]"),
            (r#"{{substr 5 9 "abc"}}"#, "slice bounds out of range [5:3]"),
            (r#"{{substr -1 5 "abc"}}"#, "slice bounds out of range [:5] with length 3"),
            (r#"{{substr -1 -1 "abc"}}"#, "slice bounds out of range [:-1]"),
        ] {
            let error = run(text).expect_err(text);
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
