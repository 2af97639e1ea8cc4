//! Which regular expressions of label filters Loki shows raw.
//!
//! One that comes to a few texts is kept as texts there, and shown quoted as any matcher. What it comes to is decided on
//! Go's tree of it, where alternatives share their common start, and single characters become a class.

use std::ops::ControlFlow;

/// A part of an alternative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Char(char),
    /// `.*`
    Any,
    /// `.+`
    Some,
}

/// Whether a regular expression does not come to a few texts.
pub(super) fn is_kept(regex: &str) -> bool {
    let regex = regex.strip_prefix("(?i)").unwrap_or(regex);
    let (start, group) = match regex.strip_suffix(')').and_then(|regex| regex.split_once('(')) {
        Some((start, group)) => (start, group.strip_prefix("?:").unwrap_or(group)),
        None => ("", regex),
    };
    let Some(start) = alternatives(start).filter(|start| start.len() == 1 && is_text(&start[0])) else { return true };
    let Some(alternatives) = alternatives(group) else { return true };
    // Behind a text there may be alternatives, but nothing else.
    if !start[0].is_empty() && alternatives.len() == 1 && !is_text(&alternatives[0]) {
        return true;
    }
    let alternatives: Vec<_> = alternatives.iter().map(Vec::as_slice).collect();
    !alternatives.iter().all(|pieces| is_few_texts(pieces)) || has_class(&alternatives)
}

fn is_text(pieces: &[Piece]) -> bool {
    pieces.iter().all(|piece| matches!(piece, Piece::Char(_)))
}

/// The alternatives, if there is nothing in them but text and what matches everything.
fn alternatives(regex: &str) -> Option<Vec<Vec<Piece>>> {
    let (mut all, mut pieces, mut chars) = (Vec::new(), Vec::new(), regex.chars());
    while let Some(c) = chars.next() {
        let piece = match c {
            '|' => {
                all.push(std::mem::take(&mut pieces));
                continue;
            }
            '.' => match chars.next()? {
                '*' => Piece::Any,
                '+' => Piece::Some,
                _ => return None,
            },
            '\\' => Piece::Char(chars.next().filter(char::is_ascii_punctuation)?),
            '*' | '+' | '?' | '(' | ')' | '[' | '{' | '^' | '$' => return None,
            c => Piece::Char(c),
        };
        pieces.push(piece);
    }
    all.push(pieces);
    Some(all)
}

/// One text, with what matches everything on either side; or what matches something alone.
fn is_few_texts(pieces: &[Piece]) -> bool {
    if pieces.contains(&Piece::Some) {
        return pieces.len() == 1;
    }
    let texts = pieces.split(|piece| *piece == Piece::Any).filter(|text| !text.is_empty()).count();
    let others = pieces.len() - pieces.iter().filter(|piece| matches!(piece, Piece::Char(_))).count();
    texts + others <= 3 && texts <= 1 && (texts == 1 || others <= 1)
}

/// Whether two neighbours are single characters once common starts are shared.
fn has_class(alternatives: &[&[Piece]]) -> bool {
    let mut rest = alternatives;
    let mut is_single = false;
    while let [first, others @ ..] = rest {
        let mut shared = first.iter().take_while(|piece| matches!(piece, Piece::Char(_))).count();
        let alike = others.iter().try_fold(0, |alike, other| {
            let same = first[..shared].iter().zip(*other).take_while(|(a, b)| a == b).count();
            if same == 0 {
                return ControlFlow::Break(alike);
            }
            shared = same;
            ControlFlow::Continue(alike + 1)
        });
        let (ControlFlow::Break(alike) | ControlFlow::Continue(alike)) = alike;
        let was_single = std::mem::replace(&mut is_single, alike == 0 && matches!(first, [Piece::Char(_)]));
        if was_single && is_single {
            return true;
        }
        let (group, behind) = rest.split_at(alike + 1);
        if alike > 0 && has_class(&group.iter().map(|pieces| &pieces[shared..]).collect::<Vec<_>>()) {
            return true;
        }
        rest = behind;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_to_texts_is_not_kept() {
        for regex in [
            "",
            "x",
            "abc",
            "GET|POST",
            "warn|warning",
            "info|init",
            r"foo\.bar",
            ".*",
            ".+",
            "5.*",
            ".*x.*",
            "foo.*|bar",
            "(abc|de)",
            "foo(bar|qux)",
            "(?i)error",
            "(?:GET|PUT)",
        ] {
            assert!(!is_kept(regex), "{regex}");
        }
        for regex in ["a|b", "200|201", r"\w+", "5..", "4..|5..", "foo.*bar", "[a-c]x", "^a$", "x+", "foo(bar|baz)"] {
            assert!(is_kept(regex), "{regex}");
        }
    }
}
