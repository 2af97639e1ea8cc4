//! Step-aligned vectors and the algebra on them, whatever language asked: native histograms, exact sums, quantiles.
//!
//! Knows nothing of: languages, sources, stores, threads, time zones.
