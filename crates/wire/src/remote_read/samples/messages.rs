//! The messages of remote read as another codec has them.

use prost::Message;

use crate::remote_write::messages::{Label, TimeSeries};

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SentRequest {
    #[prost(message, repeated, tag = "1")]
    pub(crate) queries: Vec<SentQuery>,
    #[prost(int32, repeated, tag = "2")]
    pub(crate) accepted: Vec<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SentQuery {
    #[prost(int64, tag = "1")]
    pub(crate) start: i64,
    #[prost(int64, tag = "2")]
    pub(crate) end: i64,
    #[prost(message, repeated, tag = "3")]
    pub(crate) matchers: Vec<LabelMatcher>,
    #[prost(message, optional, tag = "4")]
    pub(crate) hints: Option<ReadHints>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct LabelMatcher {
    #[prost(int32, tag = "1")]
    pub(crate) kind: i32,
    #[prost(string, tag = "2")]
    pub(crate) name: String,
    #[prost(string, tag = "3")]
    pub(crate) value: String,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct ReadHints {
    #[prost(int64, tag = "3")]
    pub(crate) start: i64,
    #[prost(int64, tag = "4")]
    pub(crate) end: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ReadResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) results: Vec<QueryResult>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct QueryResult {
    #[prost(message, repeated, tag = "1")]
    pub(crate) timeseries: Vec<TimeSeries>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ChunkedReadResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) chunked_series: Vec<ChunkedSeries>,
    #[prost(int64, tag = "2")]
    pub(crate) query_index: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ChunkedSeries {
    #[prost(message, repeated, tag = "1")]
    pub(crate) labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) chunks: Vec<SentChunk>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SentChunk {
    #[prost(int64, tag = "1")]
    pub(crate) min_time: i64,
    #[prost(int64, tag = "2")]
    pub(crate) max_time: i64,
    #[prost(int32, tag = "3")]
    pub(crate) encoding: i32,
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) data: Vec<u8>,
}
