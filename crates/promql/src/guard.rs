//! What is looked at before the parser sees a query: raw strings it does not know, and shapes that would overflow
//! the stack of a recursive evaluation.

use crate::Error;

const NESTING_MAX: usize = 100;
const OPERATORS_MAX: usize = 1000;
/// How far back a number is looked for: a hostile name must not be read again at each of its underscores.
const NUMBER_CHARS_MAX: usize = 64;

/// Rewrites `` `raw` `` strings as quoted ones and bounds nesting.
///
/// # Errors
/// [`Error::Parse`] for hostile shapes and unterminated raw strings.
pub(crate) fn prepare(query: &str) -> Result<String, Error> {
    let mut out = String::with_capacity(query.len());
    let (mut depth, mut operators) = (0_usize, 0_usize);
    let mut chars = query.chars();
    while let Some(c) = chars.next() {
        match c {
            '`' => {
                let raw: String = chars.by_ref().take_while(|&c| c != '`').collect();
                quote(&mut out, &raw);
                continue;
            }
            '"' | '\'' => {
                out.push(c);
                copy_string(&mut out, &mut chars, c);
                continue;
            }
            '#' => {
                // A comment runs to the end of its line.
                let _comment = chars.by_ref().take_while(|&c| c != '\n').count();
                out.push('\n');
                continue;
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '+' | '-' | '*' | '/' | '%' | '^' | '=' | '<' | '>' => operators += 1,
            '_' if in_number(&out) && chars.clone().next().is_some_and(|c| c.is_ascii_hexdigit()) => continue,
            c if c.is_whitespace() => operators += usize::from(!out.ends_with(char::is_whitespace)),
            _ => {}
        }
        if depth > NESTING_MAX || operators > OPERATORS_MAX * 4 {
            return Err(Error::Parse("parse error: the expression is nested too deeply or is too long".to_owned()));
        }
        out.push(c);
    }
    Ok(out)
}

/// Whether the text ends inside of a number: digits may be set apart with `_`, which the parser does not know.
fn in_number(text: &str) -> bool {
    let is_word = |c: &char| c.is_alphanumeric() || matches!(c, '_' | ':' | '.');
    let mut first = None;
    for c in text.chars().rev().take(NUMBER_CHARS_MAX).take_while(is_word) {
        if !c.is_ascii_hexdigit() && c != 'x' && c != '.' {
            return false;
        }
        first = Some(c);
    }
    first.is_some_and(|c| c.is_ascii_digit())
}

fn copy_string(out: &mut String, chars: &mut std::str::Chars<'_>, quote: char) {
    while let Some(c) = chars.next() {
        out.push(c);
        if c == '\\' {
            out.extend(chars.next());
        } else if c == quote {
            return;
        }
    }
}

fn quote(out: &mut String, raw: &str) {
    out.push('"');
    for c in raw.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_strings_are_quoted_and_comments_removed() {
        assert_eq!(prepare(r#"{a=~`x\d"`} # c"#).expect("fine"), "{a=~\"x\\\\d\\\"\"} \n");
        assert_eq!(prepare(r##"{a="`#\""}"##).expect("fine"), r##"{a="`#\""}"##);
    }

    #[test]
    fn digits_may_be_set_apart() {
        for (query, expected) in [
            ("1_000_000 + 0x1_F", "1000000 + 0x1F"),
            ("a_1_000 + m1_0{a_1=\"1_0\"}", "a_1_000 + m1_0{a_1=\"1_0\"}"),
            ("1_", "1_"),
        ] {
            assert_eq!(prepare(query).expect("fine"), expected);
        }
    }

    #[test]
    fn hostile_nesting_is_refused() {
        assert!(prepare(&"(".repeat(10_000)).is_err());
        assert!(prepare(&"-".repeat(10_000)).is_err());
    }
}
