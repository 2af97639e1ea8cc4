//! What other parts of the product ask of a text without evaluating it.

use aio_types::Matcher;

use crate::Error;
use crate::parse::{self, ParseError, ParseOptions};

impl From<ParseError> for Error {
    fn from(error: ParseError) -> Self {
        Self::Parse(error.to_string())
    }
}

/// The matchers of a `match[]` parameter: a bare name or a selector.
///
/// # Errors
/// [`Error::Parse`] for anything else, and for a selector that would match everything.
pub fn parse_selector(text: &str) -> Result<Vec<Matcher>, Error> {
    let matchers = parse::parse_selector(text)?;
    if matchers.iter().all(Matcher::matches_empty) {
        return Err(Error::Parse("match[] must contain at least one non-empty matcher".to_owned()));
    }
    Ok(matchers)
}

/// An expression laid out over lines where it is long.
///
/// # Errors
/// [`Error::Parse`].
pub fn format_query(text: &str) -> Result<String, Error> {
    Ok(parse::format_query(text, &ParseOptions::default())?)
}

/// Every selector of an expression, for exemplars.
///
/// # Errors
/// [`Error::Parse`].
pub fn selectors_of(query: &str) -> Result<Vec<Vec<Matcher>>, Error> {
    Ok(parse::selectors_of(query, &ParseOptions::default())?)
}
