//! `| pattern "<ip> - <_> [<time>]"` and the line filters `|> "<_> error <_>"`.

use memchr::memmem;

use crate::line::LineLabels;

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Literal(String),
    /// `<name>`; `None` for `<_>`.
    Capture(Option<String>),
}

impl Node {
    fn written(&self) -> String {
        match self {
            Self::Literal(text) => text.clone(),
            Self::Capture(name) => format!("<{}>", name.as_deref().unwrap_or("_")),
        }
    }
}

fn read(text: &str) -> Vec<Node> {
    let (mut nodes, mut literal, mut rest) = (Vec::new(), String::new(), text);
    while let Some(c) = rest.chars().next() {
        if let Some((name, behind)) = capture(rest) {
            if !literal.is_empty() {
                nodes.push(Node::Literal(std::mem::take(&mut literal)));
            }
            nodes.push(Node::Capture((name != "_").then(|| name.to_owned())));
            rest = behind;
        } else {
            literal.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    if !literal.is_empty() {
        nodes.push(Node::Literal(literal));
    }
    nodes
}

/// A capture at the start of a text, and what is behind it.
fn capture(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('<')?;
    let len = inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(inner.len());
    let (name, rest) = inner.split_at(len);
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    rest.strip_prefix('>').filter(|_| starts_well).map(|rest| (name, rest))
}

fn captures_stand_apart(nodes: &[Node]) -> Result<(), String> {
    let is_capture = |node: &Node| matches!(node, Node::Capture(_));
    match nodes.windows(2).find(|pair| pair.iter().all(is_capture)) {
        None => Ok(()),
        Some(pair) => {
            let pair: String = pair.iter().map(Node::written).collect();
            Err(format!("found consecutive capture '{pair}': invalid expression"))
        }
    }
}

fn find(text: &str, literal: &str) -> Option<usize> {
    memmem::find(text.as_bytes(), literal.as_bytes())
}

/// The texts between the captures of a pattern.
pub(crate) fn literals(pattern: &str) -> Vec<String> {
    read(pattern)
        .into_iter()
        .filter_map(|node| if let Node::Literal(text) = node { Some(text) } else { None })
        .collect()
}

/// What makes labels of what stands between literals.
#[derive(Debug)]
pub(crate) struct PatternParser {
    prefix: String,
    /// Captures with the literal behind each; the last may have none.
    parts: Vec<(Option<String>, Option<String>)>,
}

impl PatternParser {
    /// # Errors
    /// There is no named capture, or two of one name, or two without anything between.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let nodes = read(text);
        let names: Vec<&String> =
            nodes.iter().filter_map(|n| if let Node::Capture(name) = n { name.as_ref() } else { None }).collect();
        if names.is_empty() {
            return Err("at least one capture is required".to_owned());
        }
        captures_stand_apart(&nodes)?;
        if let Some((_, name)) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
            return Err(format!("duplicate capture name ({name}): invalid expression"));
        }
        let mut parser = Self { prefix: String::new(), parts: Vec::new() };
        for node in nodes {
            match (node, parser.parts.last_mut()) {
                (Node::Literal(text), None) => parser.prefix = text,
                (Node::Literal(text), Some((_, behind))) => *behind = Some(text),
                (Node::Capture(name), _) => parser.parts.push((name, None)),
            }
        }
        Ok(parser)
    }

    pub(crate) fn apply(&self, text: &str, labels: &mut LineLabels<'_>) {
        if labels.has_enough() || text.is_empty() {
            return;
        }
        let Some(mut rest) = text.strip_prefix(self.prefix.as_str()) else { return };
        for (name, behind) in &self.parts {
            let found = behind.as_ref().and_then(|literal| Some((find(rest, literal)?, literal.len())));
            // Where the literal is missing, the capture takes the rest and is the last.
            let (value, next) = match found {
                Some((at, len)) => (&rest[..at], Some(&rest[at + len..])),
                None => (rest, None),
            };
            if let Some(name) = name {
                labels.extract(name, value);
            }
            let Some(next) = next else { return };
            rest = next;
        }
    }
}

/// A pattern that lines must have up to their end; its gaps are not empty. It may begin anywhere: what stands in front of
/// a leading text does not matter.
#[derive(Debug)]
pub(crate) struct PatternFilter {
    literals: Vec<String>,
    starts_with_gap: bool,
    ends_with_gap: bool,
}

impl PatternFilter {
    /// # Errors
    /// It has named captures, or two without anything between.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let nodes = read(text);
        captures_stand_apart(&nodes)?;
        if let Some(named) = nodes.iter().find(|n| matches!(n, Node::Capture(Some(_)))) {
            return Err(format!("named captures are not allowed: found '{}'", named.written()));
        }
        let is_gap = |node: Option<&Node>| matches!(node, Some(Node::Capture(_)));
        let (starts_with_gap, ends_with_gap) = (is_gap(nodes.first()), is_gap(nodes.last()));
        let literal = |node| if let Node::Literal(text) = node { Some(text) } else { None };
        Ok(Self { literals: nodes.into_iter().filter_map(literal).collect(), starts_with_gap, ends_with_gap })
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        if text.is_empty() {
            return self.literals.is_empty() && !self.starts_with_gap;
        }
        let mut rest = text;
        for (i, literal) in self.literals.iter().enumerate() {
            let follows_gap = i > 0 || self.starts_with_gap;
            match find(rest, literal) {
                Some(at) if at > 0 || !follows_gap => rest = &rest[at + literal.len()..],
                _ => return false,
            }
        }
        rest.is_empty() != self.ends_with_gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_have_gaps_that_are_not_empty() {
        for (pattern, text, want) in [
            ("foo <_>", "foo bar", true),
            ("foo <_>", "foo ", false),
            ("foo <_>", "a foo bar", true),
            ("foo <_>", "a foo ", false),
            ("GET <_>", "10.0.0.1 GET /x", true),
            ("GET", "10.0.0.1 GET", true),
            ("GET", "10.0.0.1 GET /x", false),
            ("a<_>a", "xaba", true),
            ("a<_>a", "xabaa", false),
            ("a<_>a", "aa", false),
            ("<_> bar", "foo bar", true),
            ("<_> bar", "foo bar baz", false),
            ("<_> bar <_>", "foo bar baz", true),
            ("<_> bar <_>", " bar ", false),
            ("<_>bar<_>", " bar ", true),
            ("foo", "foo", true),
            ("foo", "foo ", false),
            ("<_>", "", false),
            ("<_>", "x", true),
            ("", "", true),
            ("", "x", false),
            ("é<_>ü", "éaü", true),
        ] {
            assert_eq!(PatternFilter::parse(pattern).expect(pattern).matches(text), want, "{pattern} of {text:?}");
        }
        let fault = |text: &str| PatternFilter::parse(text).expect_err(text);
        assert_eq!(fault("a <b> c"), "named captures are not allowed: found '<b>'");
        assert_eq!(fault("<_><_>"), "found consecutive capture '<_><_>': invalid expression");
    }

    #[test]
    fn parsers_need_one_name_and_none_twice() {
        let fault = |text: &str| PatternParser::parse(text).expect_err(text);
        assert_eq!(fault("a <_> <1>"), "at least one capture is required");
        assert_eq!(fault("<a> <a>"), "duplicate capture name (a): invalid expression");
        assert_eq!(fault("<a><b>"), "found consecutive capture '<a><b>': invalid expression");
    }
}
