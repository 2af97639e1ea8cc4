//! Patterns that need no automaton: texts, single characters, `.*` and `.+`, and alternatives of such. Most patterns of
//! dashboards are such, and to compile one takes longer than to find what it is asked for.

use std::collections::HashSet;

/// More alternatives than this are compared one by one only where an automaton would not do better.
const ALTERNATIVES_MAX: usize = 16;

/// A pattern that matches whole texts.
#[derive(Debug, Clone)]
pub(crate) enum Glob {
    /// One of these.
    Texts(HashSet<Box<str>>),
    /// What matches one of these.
    Alternatives(Vec<Vec<Token>>),
}

/// A part of an alternative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// This.
    Text(Box<str>),
    /// One character, whichever.
    Any,
    /// One of these ranges of characters.
    Class(Vec<(char, char)>),
    /// Any text, even none.
    AnyText,
}

impl Glob {
    /// Reads a pattern in Go's syntax of which the dot matches newlines. `None` where it is more than this: that it is
    /// no pattern at all, an automaton's compiler may say.
    pub(crate) fn parse(pattern: &str) -> Option<Self> {
        let inner = pattern.strip_prefix("(?:").or_else(|| pattern.strip_prefix('('));
        let pattern = inner.and_then(|inner| inner.strip_suffix(')')).unwrap_or(pattern);
        let mut alternatives = Vec::new();
        let mut rest = pattern;
        loop {
            let (tokens, left) = alternative(rest)?;
            alternatives.push(tokens);
            match left {
                Some(left) => rest = left,
                None => break,
            }
        }
        if alternatives.len() <= ALTERNATIVES_MAX {
            return Some(Self::Alternatives(alternatives));
        }
        let text = |tokens: &Vec<Token>| match &tokens[..] {
            [] => Some(Box::default()),
            [Token::Text(text)] => Some(text.clone()),
            _ => None,
        };
        Some(Self::Texts(alternatives.iter().map(text).collect::<Option<_>>()?))
    }

    /// Whether all of a text matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Texts(texts) => texts.contains(text),
            Self::Alternatives(all) => all.iter().any(|tokens| matches(tokens, text)),
        }
    }
}

/// The tokens up to a bar, and what comes after it if there is one.
fn alternative(pattern: &str) -> Option<(Vec<Token>, Option<&str>)> {
    let (mut tokens, mut text) = (Vec::new(), String::new());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '|' => {
                end_text(&mut tokens, &mut text);
                return Some((tokens, Some(chars.as_str())));
            }
            '.' => {
                end_text(&mut tokens, &mut text);
                match chars.as_str().bytes().next() {
                    Some(b'*') => tokens.push(Token::AnyText),
                    Some(b'+') => tokens.extend([Token::Any, Token::AnyText]),
                    _ => {
                        tokens.push(Token::Any);
                        continue;
                    }
                }
                chars.next();
            }
            '[' => {
                end_text(&mut tokens, &mut text);
                let (class, left) = chars.as_str().split_once(']')?;
                tokens.push(Token::Class(ranges(class)?));
                chars = left.chars();
            }
            '\\' => text.push(chars.next().filter(|c| c.is_ascii_punctuation())?),
            '+' | '*' | '?' | '(' | ')' | ']' | '{' | '}' | '^' | '$' => return None,
            _ => text.push(c),
        }
    }
    end_text(&mut tokens, &mut text);
    Some((tokens, None))
}

fn end_text(tokens: &mut Vec<Token>, text: &mut String) {
    if !text.is_empty() {
        tokens.push(Token::Text(std::mem::take(text).into()));
    }
}

/// Plain characters and ranges of them.
fn ranges(class: &str) -> Option<Vec<(char, char)>> {
    let (mut ranges, mut chars) = (Vec::new(), class.chars());
    while let Some(first) = chars.next() {
        if !first.is_ascii_alphanumeric() && !matches!(first, '_' | '.' | '/') {
            return None;
        }
        match chars.as_str().strip_prefix('-') {
            None => ranges.push((first, first)),
            Some(rest) => {
                chars = rest.chars();
                let last = chars.next().filter(|last| last.is_ascii_alphanumeric() && *last >= first)?;
                ranges.push((first, last));
            }
        }
    }
    (!ranges.is_empty()).then_some(ranges)
}

/// Goes back only to the last place where any text may stand: what stands before matched as early as it can.
fn matches(tokens: &[Token], text: &str) -> bool {
    let (mut at, mut rest) = (0, text);
    let mut again: Option<(usize, &str)> = None;
    loop {
        let left = match tokens.get(at) {
            None if rest.is_empty() => return true,
            None => None,
            Some(Token::AnyText) => {
                if at + 1 == tokens.len() {
                    return true;
                }
                again = Some((at + 1, rest));
                Some(rest)
            }
            Some(token) => token.strip(rest),
        };
        if let Some(left) = left {
            (at, rest) = (at + 1, left);
            continue;
        }
        let Some((token, from)) = again else { return false };
        let mut chars = from.chars();
        if chars.next().is_none() {
            return false;
        }
        (at, rest, again) = (token, chars.as_str(), Some((token, chars.as_str())));
    }
}

impl Token {
    /// What is left of a text behind this token.
    fn strip<'a>(&self, text: &'a str) -> Option<&'a str> {
        let mut chars = text.chars();
        match self {
            Self::Text(own) => return text.strip_prefix(&**own),
            Self::Any => chars.next()?,
            Self::Class(ranges) => {
                chars.next().filter(|c| ranges.iter().any(|(first, last)| (first..=last).contains(&c)))?
            }
            Self::AnyText => return Some(text),
        };
        Some(chars.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    #[test]
    fn what_dashboards_ask_for_needs_no_automaton() {
        for pattern in [
            "service-1.*",
            ".*/[1-3]",
            "http_.*|process_.*",
            r"10\.0\.0\.1:.*",
            "(a|b)",
            "(?:GET|POST)",
            ".+",
            "",
            "a|",
            "[a-zA-Z0-9_.]x",
            "ü.",
        ] {
            assert!(Glob::parse(pattern).is_some(), "{pattern}");
        }
        let pods = (0..2000).map(|i| format!("pod-{i}")).collect::<Vec<_>>().join("|");
        assert!(Glob::parse(&pods).is_some_and(|glob| glob.matches("pod-1999") && !glob.matches("pod-2000")));
        for pattern in [
            "a+", "(a", "a)", "(?i)a", "a{2}", ".*?", ".**", "a?", r"\d", "[^a]", "[a", "[]a]", "[z-a]", "^a$", r"a\",
            r"(a\)", "[a]+",
        ] {
            assert!(Glob::parse(pattern).is_none(), "{pattern}");
        }
        let many = (0..20).map(|i| format!("pod-{i}.*")).collect::<Vec<_>>().join("|");
        assert!(Glob::parse(&many).is_none());
    }

    proptest! {
        #[test]
        fn matches_as_an_automaton_does(
            parts in prop::collection::vec(prop::sample::select(vec![
                "a", "b", "ab", ".", ".*", ".+", "|", r"\.", r"\|", "[ab]", "[a-b]", "ü", "(", ")", "?", "\n",
            ]), 0..8),
            texts in prop::collection::vec("[abü.|\n]{0,6}", 1..20),
        ) {
            let pattern = parts.concat();
            let Some(glob) = Glob::parse(&pattern) else { return Ok(()) };
            let regex = Regex::new(&format!("^(?s:{pattern})$"));
            let regex = regex.map_err(|error| TestCaseError::fail(error.to_string()))?;
            for text in &texts {
                prop_assert_eq!(glob.matches(text), regex.is_match(text), "{:?} on {:?}", pattern, text);
            }
        }
    }
}
