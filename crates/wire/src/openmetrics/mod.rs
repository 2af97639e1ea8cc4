//! OpenMetrics text, as `promtool tsdb create-blocks-from openmetrics` and scrapers read it.
//!
//! ```text
//!   # TYPE http_requests counter                                      family::header
//!   # HELP http_requests What came in.
//!   http_requests_total{code="200"} 12.5 1435781451.781 # {trace_id="x"} 1 1435781450
//!   ───────────┬─────────────────── ─┬── ──────┬─────── ───────────┬─────────────────
//!          SeriesText             number     time              exemplar
//!   # EOF
//! ```
//!
//! Every sample has its time. Readers multiply it by a thousand and cut off: what is written here comes back as the
//! same millisecond all the same (see `number`). What has no place in the format, stale markers and native histograms,
//! is for the caller to leave out. Sources: the OpenMetrics specification 1.0; the quoted form of names is that of
//! Prometheus 3.

mod escaping;
mod family;
mod number;
mod series;

pub use escaping::Escaping;
pub use family::{Header, Member, member_of, write_header};
pub use number::{bound, is_bound};
pub use series::{SeriesText, write_exemplar, write_sample};

/// The last line; what follows it is an error to readers.
pub const END: &str = "# EOF\n";
