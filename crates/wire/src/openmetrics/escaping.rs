//! What becomes of names that the classic character set cannot spell. Source: Prometheus' escaping schemes.

use std::borrow::Cow;
use std::fmt::Write as _;

/// How names are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Escaping {
    /// As they are, in quotes where they must be. Readers before Prometheus 3 refuse quoted names.
    #[default]
    Quoted,
    /// `_` for every foreign character.
    Underscores,
    /// `_dot_` for a dot, `__` for an underscore and for every other foreign character.
    Dots,
    /// `U__`, and in the name `_2e_` for a dot, `__` for an underscore: can be undone.
    Values,
}

impl Escaping {
    /// A metric's name as it is told; in quotes it may still have to be.
    #[must_use]
    pub fn metric(self, name: &str) -> Cow<'_, str> {
        self.name(name, is_metric_char)
    }

    /// A label's name, likewise.
    #[must_use]
    pub fn label(self, name: &str) -> Cow<'_, str> {
        self.name(name, is_label_char)
    }

    fn name(self, name: &str, is_plain: fn(char, usize) -> bool) -> Cow<'_, str> {
        // Dots are the one scheme that changes plain names: their underscores.
        if self == Self::Quoted || (self != Self::Dots && is_plain_name(name, is_plain)) {
            return Cow::Borrowed(name);
        }
        let mut out = String::with_capacity(name.len() + 8);
        out.push_str(if self == Self::Values { "U__" } else { "" });
        for (at, c) in name.chars().enumerate() {
            match (self, c) {
                (Self::Dots | Self::Values, '_') => out.push_str("__"),
                (Self::Dots, '.') => out.push_str("_dot_"),
                _ if is_plain(c, at) => out.push(c),
                (Self::Dots, _) => out.push_str("__"),
                (Self::Values, _) => write!(out, "_{:x}_", u32::from(c)).unwrap_or_default(),
                _ => out.push('_'),
            }
        }
        Cow::Owned(out)
    }
}

fn is_label_char(c: char, at: usize) -> bool {
    c.is_ascii_alphabetic() || c == '_' || (c.is_ascii_digit() && at > 0)
}

fn is_metric_char(c: char, at: usize) -> bool {
    c == ':' || is_label_char(c, at)
}

fn is_plain_name(name: &str, is_plain: fn(char, usize) -> bool) -> bool {
    !name.is_empty() && name.chars().enumerate().all(|(at, c)| is_plain(c, at))
}

pub(super) fn is_plain_metric(name: &str) -> bool {
    is_plain_name(name, is_metric_char)
}

pub(super) fn is_plain_label(name: &str) -> bool {
    is_plain_name(name, is_label_char)
}

/// Appends a quoted text.
pub(super) fn quote(out: &mut String, text: &str) {
    out.push('"');
    escape(out, text);
    out.push('"');
}

/// Appends a text with what would end it escaped.
pub(super) fn escape(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '"', '\n']) {
        let (before, special) = rest.split_at(at);
        out.push_str(before);
        out.push_str(match special.as_bytes()[0] {
            b'\\' => "\\\\",
            b'"' => "\\\"",
            _ => "\\n",
        });
        rest = &special[1..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_as_upstream_does_it() {
        for (name, underscores, dots, values) in [
            ("http_requests_total", "http_requests_total", "http__requests__total", "http_requests_total"),
            ("http.requests", "http_requests", "http_dot_requests", "U__http_2e_requests"),
            ("a_b.c", "a_b_c", "a__b_dot_c", "U__a__b_2e_c"),
            ("größe", "gr__e", "gr____e", "U__gr_f6__df_e"),
            ("1st", "_st", "__st", "U___31_st"),
            ("a:b", "a:b", "a:b", "a:b"),
            ("😀", "_", "__", "U___1f600_"),
        ] {
            assert_eq!(Escaping::Quoted.metric(name), name);
            assert_eq!(Escaping::Underscores.metric(name), underscores, "{name}");
            assert_eq!(Escaping::Dots.metric(name), dots, "{name}");
            assert_eq!(Escaping::Values.metric(name), values, "{name}");
        }
        assert_eq!(Escaping::Underscores.label("a:b"), "a_b");
        assert_eq!(Escaping::Values.label("a:b"), "U__a_3a_b");
    }

    #[test]
    fn texts_are_quoted() {
        let mut out = String::new();
        quote(&mut out, "a\"b\\c\nd ü");
        assert_eq!(out, r#""a\"b\\c\nd ü""#);
    }
}
