//! A lookup as people read it.

use std::fmt::{self, Display, Formatter};

use super::{Lookup, Piece};
use crate::chunk::Pair;

impl Display for Lookup {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("anything"),
            Self::Word(word) => write!(f, "word {word:?}"),
            Self::Piece(piece) => piece.fmt(f),
            Self::Ids(ids) => write!(f, "id by {} of its pieces", ids.len()),
            Self::EscapedLetters => f.write_str("escaped letters"),
            Self::Pair(_, Pair::Term(pair)) => write!(f, "metadata {pair:?}"),
            Self::Pair(name, Pair::Id(_)) => write!(f, "metadata {name:?} by its hash"),
            Self::Level(_) => f.write_str("level"),
            Self::All(all) => joined(f, all, " and "),
            Self::OneOf(any) => joined(f, any, " or "),
        }
    }
}

impl Display for Piece {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (before, behind) = (if self.begins { "" } else { "…" }, if self.ends { "" } else { "…" });
        write!(f, "word {before}{:?}{behind}", self.text)?;
        if self.folds { f.write_str(" in either case") } else { Ok(()) }
    }
}

fn joined(f: &mut Formatter<'_>, all: &[Lookup], with: &str) -> fmt::Result {
    for (at, lookup) in all.iter().enumerate() {
        if at > 0 {
            f.write_str(with)?;
        }
        match lookup {
            Lookup::All(_) | Lookup::OneOf(_) => write!(f, "({lookup})")?,
            _ => write!(f, "{lookup}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use aio_source::LogsFilter;

    use super::*;

    #[test]
    fn what_is_looked_up_can_be_read() {
        let contains = LogsFilter::contains;
        for (filter, want) in [
            (LogsFilter::Any, "anything"),
            (contains(" refused by "), "word \"refused\""),
            (contains("connection refu"), "word …\"connection\" and word \"refu\"…"),
            (contains("4bf92f3577b34da6a3ce929d0e0e4736"), "id by 4 of its pieces"),
            (
                LogsFilter::one_of([
                    LogsFilter::all([contains(" alpha "), contains(" beta9 ")]),
                    LogsFilter::Pair { name: "user".into(), value: "ann".into() },
                ]),
                "(word \"alpha\" and id by 1 of its pieces) or metadata \"user=ann\"",
            ),
            (LogsFilter::Pair { name: "detected_level".into(), value: "error".into() }, "level"),
        ] {
            assert_eq!(Lookup::of(&filter).to_string(), want);
        }
    }
}
