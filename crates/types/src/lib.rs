//! The words every other crate shares: labels, matchers, timestamps, samples, log lines, spans, tenants.
//!
//! Plain values only. What is absent on purpose: I/O, async, clocks, any protocol's encoding, any store's ids.

mod batch;
mod civil;
mod duration;
mod histogram;
mod labels;
mod log;
mod matcher;
pub mod pattern;
mod per_tenant;
pub mod quoted;
mod sample;
mod span;
mod tenant;
mod time;

pub use batch::{MetricsWrite, SeriesRef, SeriesWrite};
pub use civil::{civil_from_days, days_from_civil};
pub use duration::duration_text;
pub use histogram::{BucketSpan, CUSTOM_BUCKETS_SCHEMA, Histogram, HistogramSample, ResetHint};
pub use labels::{Labels, LabelsBuffer, LabelsBuilder, LabelsRef, METRIC_NAME, Pairs};
pub use log::{LogEntry, LogsWrite, StreamWrite};
pub use matcher::{MatchOp, Matcher, MatcherError};
pub use per_tenant::PerTenant;
pub use sample::{Exemplar, Metadata, MetricKind, STALE_NAN_BITS, Sample, Samples, SamplesRef, is_stale, stale_nan};
pub use span::{AttributeValue, Attributes, Resource, Scope, Span, SpanEvent, SpanId, SpanLink, TraceId, TracesWrite};
pub use tenant::{TenantId, TenantIdError};
pub use time::{TimeRange, TimestampMs, TimestampNs};
