//! Which documents of a segment have what a [`Lookup`] asks for.

use aio_types::Labels;
use tantivy::columnar::Column;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet, SegmentReader, TERMINATED, Term};

use super::{ESCAPED_TERM, Fields};
use crate::bloom;
use crate::chunk::{LEVEL, OPAQUE, Pair};
use crate::plan::{Lookup, Piece};
use crate::tokens::fold;

/// What ruled a chunk out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RuledOut {
    Terms,
    Ids,
    Levels,
}

/// A lookup after the dictionary was asked: what is left is asked of each document.
#[derive(Debug)]
pub(super) enum Test {
    Any,
    Docs(Docs),
    /// Documents, or any whose dictionary is not complete.
    DocsOrOpaque(Docs),
    Ids(Vec<u64>),
    /// Unless the stream has a label of this name.
    Pair(String, Box<Test>),
    Level(u64),
    All(Vec<Test>),
    OneOf(Vec<Test>),
}

/// A set of documents of one segment.
#[derive(Debug, Default)]
pub(super) struct Docs(Vec<u64>);

impl Docs {
    fn new(len: u32) -> Self {
        Self(vec![0; (len as usize).div_ceil(64)])
    }

    fn insert(&mut self, doc: u32) {
        if let Some(word) = self.0.get_mut(doc as usize / 64) {
            *word |= 1 << (doc % 64);
        }
    }

    pub(super) fn contains(&self, doc: u32) -> bool {
        self.0.get(doc as usize / 64).is_some_and(|word| word & (1 << (doc % 64)) != 0)
    }
}

/// A segment's dictionaries.
pub(super) struct Dictionaries<'a> {
    pub(super) segment: &'a SegmentReader,
    pub(super) fields: Fields,
}

impl Dictionaries<'_> {
    pub(super) fn test(&self, lookup: &Lookup) -> tantivy::Result<Test> {
        Ok(match lookup {
            Lookup::Any => Test::Any,
            Lookup::Word(word) => Test::Docs(self.with_term(self.fields.tok, word)?),
            Lookup::Piece(piece) if piece.is_of_token => Test::Docs(self.with_piece(piece)?),
            Lookup::Piece(piece) => Test::DocsOrOpaque(self.with_piece(piece)?),
            Lookup::Ids(ids) => Test::Ids(ids.clone()),
            Lookup::EscapedLetters => Test::Docs(self.with_term(self.fields.kv, ESCAPED_TERM)?),
            Lookup::Pair(name, Pair::Term(term)) => {
                Test::Pair(name.clone(), Box::new(Test::Docs(self.with_term(self.fields.kv, term)?)))
            }
            Lookup::Pair(name, Pair::Id(id)) => Test::Pair(name.clone(), Box::new(Test::Ids(vec![*id]))),
            Lookup::Level(bit) => Test::Level(*bit),
            Lookup::All(all) => Test::All(all.iter().map(|l| self.test(l)).collect::<tantivy::Result<_>>()?),
            Lookup::OneOf(all) => Test::OneOf(all.iter().map(|l| self.test(l)).collect::<tantivy::Result<_>>()?),
        })
    }

    /// Documents that have a term.
    pub(super) fn with_term(&self, field: Field, term: &str) -> tantivy::Result<Docs> {
        let mut docs = Docs::new(self.segment.max_doc());
        let index = self.segment.inverted_index(field)?;
        if let Some(mut postings) =
            index.read_postings(&Term::from_field_text(field, term), IndexRecordOption::Basic)?
        {
            add(&mut docs, &mut postings);
        }
        Ok(docs)
    }

    /// Whether any document has a term.
    pub(super) fn has_term(&self, field: Field, term: &str) -> tantivy::Result<bool> {
        let index = self.segment.inverted_index(field)?;
        Ok(index.get_term_info(&Term::from_field_text(field, term))?.is_some())
    }

    /// Documents that have a word with this piece. Reads the whole dictionary, unless the beginning is known.
    fn with_piece(&self, piece: &Piece) -> tantivy::Result<Docs> {
        if piece.begins && piece.ends && !piece.folds {
            return self.with_term(self.fields.tok, &piece.text);
        }
        let mut docs = Docs::new(self.segment.max_doc());
        let index = self.segment.inverted_index(self.fields.tok)?;
        let is_range = piece.begins && !piece.folds;
        let from = index.terms().range();
        let mut terms = if is_range { from.ge(&piece.text) } else { from }.into_stream()?;
        let finder = memchr::memmem::Finder::new(&piece.text);
        while terms.advance() {
            if is_range && !terms.key().starts_with(piece.text.as_bytes()) {
                break;
            }
            let has_it = if piece.folds {
                std::str::from_utf8(terms.key()).is_ok_and(|term| has_piece(fold(term).as_bytes(), piece, &finder))
            } else {
                has_piece(terms.key(), piece, &finder)
            };
            if has_it {
                let mut postings = index.read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic)?;
                add(&mut docs, &mut postings);
            }
        }
        Ok(docs)
    }
}

fn has_piece(term: &[u8], piece: &Piece, finder: &memchr::memmem::Finder<'_>) -> bool {
    match (piece.begins, piece.ends) {
        (true, true) => term == piece.text.as_bytes(),
        (true, false) => term.starts_with(piece.text.as_bytes()),
        (false, true) => term.ends_with(piece.text.as_bytes()),
        (false, false) => finder.find(term).is_some(),
    }
}

fn add(docs: &mut Docs, postings: &mut impl DocSet) {
    while postings.doc() != TERMINATED {
        docs.insert(postings.doc());
        postings.advance();
    }
}

/// A document, as its columns describe it.
pub(super) struct Candidate<'a> {
    pub(super) doc: u32,
    pub(super) labels: &'a Labels,
    pub(super) levels: u64,
    pub(super) ids: &'a Column<u64>,
}

impl Test {
    /// What rules a document out, if anything does.
    pub(super) fn rules_out(&self, candidate: &Candidate<'_>) -> Option<RuledOut> {
        match self {
            Self::Any => None,
            Self::Docs(docs) => (!docs.contains(candidate.doc)).then_some(RuledOut::Terms),
            Self::DocsOrOpaque(docs) => {
                (candidate.levels & OPAQUE == 0 && !docs.contains(candidate.doc)).then_some(RuledOut::Terms)
            }
            Self::Ids(ids) => (!candidate.may_hold(ids)).then_some(RuledOut::Ids),
            Self::Pair(name, test) if candidate.labels.get(name).is_empty() => test.rules_out(candidate),
            Self::Pair(..) => None,
            Self::Level(bit) => {
                (candidate.labels.get(LEVEL).is_empty() && candidate.levels & bit == 0).then_some(RuledOut::Levels)
            }
            Self::All(tests) => tests.iter().find_map(|t| t.rules_out(candidate)),
            Self::OneOf(tests) => {
                let mut last = None;
                for test in tests {
                    last = Some(test.rules_out(candidate)?);
                }
                last
            }
        }
    }
}

impl Candidate<'_> {
    fn may_hold(&self, ids: &[u64]) -> bool {
        let rows = self.ids.index.value_row_ids(self.doc);
        let word = |i: usize| self.ids.values.get_val(rows.start + u32::try_from(i).unwrap_or(0));
        ids.iter().all(|id| bloom::may_hold(rows.len(), word, *id))
    }
}
