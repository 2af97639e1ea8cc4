//! What a wanted chunk must hold, by the place where each thing is looked up.
//!
//! ```text
//!   |= "by user12 trace=4bf92f35…"     a text between separators is a token of the line: a word of the dictionary, or an id
//!      ~~ ~~~~~~~ ~~~~~ ~~~~~~~~~      at the text's ends it may be a piece of one: of a word that begins or ends so, or
//!      ?  id      word  minimizers     of an id that is known by its minimizers
//! ```
//!
//! Every lookup is of something that each line with the text has; what cannot be told so prunes nothing.

use aio_source::LogsFilter;

use crate::chunk::{LEVEL, Pair, level_bit, pair};
use crate::tokens::{RUN_BYTES_MIN, STRETCH_BYTES, TOKEN_BYTES_MIN, Token, hash, is_hex, minimizers, tokens};

mod text;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// Nothing is known.
    Any,
    /// A word of the lines.
    Word(String),
    /// A part of a word; chunks whose dictionary is not complete may have it all the same.
    Piece(Piece),
    /// All these are in the filter of ids.
    Ids(Vec<u64>),
    /// A letter that is spelled by an escape.
    EscapedLetters,
    /// A pair of structured metadata, unless the stream has a label of this name.
    Pair(String, Pair),
    /// A level, as a bit, unless the stream has such a label.
    Level(u64),
    All(Vec<Lookup>),
    OneOf(Vec<Lookup>),
}

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    /// Whether the word begins with it.
    pub(crate) begins: bool,
    /// Whether the word ends with it.
    pub(crate) ends: bool,
    /// Whether either case will do; then the text is in lower case.
    pub(crate) folds: bool,
    /// Whether the word is a token of its own, not a run of letters in an id: those are all in the dictionary.
    pub(crate) is_of_token: bool,
}

impl Lookup {
    pub(crate) fn of(filter: &LogsFilter) -> Self {
        match filter {
            LogsFilter::Any => Self::Any,
            LogsFilter::Contains(text) => Self::all(tokens(text).flat_map(exact)),
            LogsFilter::ContainsFold(text) => Self::all(tokens(text).flat_map(folded)),
            // It is one token, or a part of one.
            LogsFilter::Token { text, opens, closes } => {
                Self::all(tokens(text).map(|t| Token { opens: *opens, closes: *closes, ..t }).flat_map(exact))
            }
            LogsFilter::EscapedLetters => Self::EscapedLetters,
            LogsFilter::Pair { name, value } if name == LEVEL => Self::Level(level_bit(value)),
            LogsFilter::Pair { name, value } => Self::Pair(name.clone(), pair(name, value)),
            LogsFilter::All(filters) => Self::all(filters.iter().map(Self::of)),
            LogsFilter::OneOf(filters) => {
                let all: Vec<Self> = filters.iter().map(Self::of).collect();
                if all.is_empty() || all.contains(&Self::Any) { Self::Any } else { Self::OneOf(all) }
            }
        }
    }

    fn all(lookups: impl Iterator<Item = Self>) -> Self {
        let mut all: Vec<Self> = lookups.filter(|l| *l != Self::Any).collect();
        match all.len() {
            0 => Self::Any,
            1 => all.remove(0),
            _ => Self::All(all),
        }
    }
}

/// What a token of a text says about the lines that contain the text.
fn exact(token: Token<'_>) -> Vec<Lookup> {
    let is_whole = token.opens && token.closes && token.text.len() >= TOKEN_BYTES_MIN;
    if is_whole && token.is_word() {
        return vec![Lookup::Word(token.text.to_owned())];
    }
    // A part of a longer token without digits may be in a word just as well.
    let is_of_id = token.has_digit || !token.is_word();
    if is_of_id && token.text.len() >= STRETCH_BYTES {
        return vec![Lookup::Ids(ids_of(token.text))];
    }
    if is_whole && is_of_id {
        return vec![Lookup::Ids(vec![hash(token.text.as_bytes())])];
    }
    if !is_of_id && token.text.len() >= STRETCH_BYTES {
        // Either a word or a long id has it.
        let (text, begins, ends) = (token.text.to_owned(), token.opens, token.closes);
        let piece = Lookup::Piece(Piece { text, begins, ends, folds: false, is_of_token: true });
        return vec![Lookup::OneOf(vec![piece, Lookup::Ids(ids_of(token.text))])];
    }
    pieces(token, false)
}

/// Of a text of at least [`STRETCH_BYTES`] within a token.
fn ids_of(text: &str) -> Vec<u64> {
    let mut ids = Vec::new();
    minimizers(text.as_bytes(), |id| ids.push(id));
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The same where the case of letters does not matter: ids have only one.
fn folded(token: Token<'_>) -> Vec<Lookup> {
    pieces(token, true)
}

/// Runs of letters of hexadecimal ids are in no dictionary, so what may be one of them is not looked up.
fn pieces(token: Token<'_>, folds: bool) -> Vec<Lookup> {
    let runs = token.runs().filter(|run| run.text.len() >= RUN_BYTES_MIN && !is_hex(run.text));
    runs.map(|run| {
        Lookup::Piece(Piece {
            text: run.text.to_owned(),
            begins: run.opens,
            ends: run.closes,
            folds,
            is_of_token: false,
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str, begins: bool, ends: bool) -> Lookup {
        Lookup::Piece(Piece { text: text.to_owned(), begins, ends, folds: false, is_of_token: false })
    }

    #[test]
    fn texts_become_lookups() {
        let word = |text: &str| Lookup::Word(text.to_owned());
        let id = |text: &str| Lookup::Ids(vec![hash(text.as_bytes())]);
        for (text, want) in [
            ("refused", piece("refused", false, false)),
            (" refused ", word("refused")),
            ("refused by", piece("refused", false, true)),
            ("connection refused by", Lookup::All(vec![piece("connection", false, true), word("refused")])),
            ("user12", piece("user", false, true)),
            ("[user12]", id("user12")),
            ("cafe", Lookup::Any),
            ("dead12", Lookup::Any),
            ("=abc=", word("abc")),
            ("", Lookup::Any),
            ("=", Lookup::Any),
            ("é naïve é", word("naïve")),
        ] {
            assert_eq!(Lookup::of(&LogsFilter::Contains(text.to_owned())), want, "{text:?}");
        }
    }

    #[test]
    fn a_long_text_without_digits_is_in_a_word_or_an_id() {
        let Lookup::OneOf(found) = Lookup::of(&LogsFilter::contains("deadbeefdeadbeef")) else { panic!("one of two") };
        assert!(matches!(&found[..], [Lookup::Piece(piece), Lookup::Ids(_)] if piece.is_of_token));
    }

    #[test]
    fn an_id_is_known_by_its_pieces() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let ids = |text: &str| match Lookup::of(&LogsFilter::Contains(text.to_owned())) {
            Lookup::Ids(ids) => ids,
            other => panic!("{other:?}"),
        };
        let (all, some) = (ids(id), ids(&id[3..20]));
        assert!(!some.is_empty() && some.iter().all(|id| all.contains(id)));
    }
}
