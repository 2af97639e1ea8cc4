//! What a query read, as Loki tells it.

use aio_logql::Account;
use serde_json::{Value, json};

/// Kinds of caches that Loki tells apart. There are none here.
const CACHES: [&str; 9] = [
    "chunk",
    "index",
    "result",
    "statsResult",
    "volumeResult",
    "seriesResult",
    "labelResult",
    "instantMetricResult",
    "metadataResult",
];

/// What a query read, and how long it took.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Summary {
    pub(super) account: Account,
    pub(super) seconds: f64,
}

/// The `stats` object. `entries`: lines, series or samples of the answer. `index` tells how many chunks were in question
/// and how many were left to look at; `planner`, which Loki has not, by what the others were ruled out.
pub(super) fn stats(entries: usize, summary: Summary) -> Value {
    let Summary { account: Account { read, passed }, seconds } = summary;
    let per_second = |n: u64| {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate"
        )]
        if seconds > 0.0 { (n as f64 / seconds) as u64 } else { 0 }
    };
    let bytes = read.line_bytes + read.metadata_bytes;
    let skipped = read.skipped_by_terms + read.skipped_by_ids + read.skipped_by_levels;
    let store = |chunks: u64, read_chunks: u64, lines: u64, line_bytes: u64, compressed: u64| {
        json!({
            "totalChunksRef": chunks, "totalChunksDownloaded": read_chunks, "chunksDownloadTime": 0,
            "chunkRefsFetchTime": 0, "congestionControlLatency": 0, "pipelineWrapperFilteredLines": 0,
            "queryReferencedStructuredMetadata": read.metadata_bytes > 0,
            "chunk": {
                "headChunkBytes": 0, "headChunkLines": 0, "headChunkStructuredMetadataBytes": 0,
                "decompressedBytes": line_bytes, "decompressedLines": lines,
                "decompressedStructuredMetadataBytes": if lines > 0 { read.metadata_bytes } else { 0 },
                "compressedBytes": compressed, "totalDuplicates": 0, "postFilterLines": if lines > 0 { passed } else { 0 },
            },
        })
    };
    let nothing = json!({
        "entriesFound": 0, "entriesRequested": 0, "entriesStored": 0, "bytesReceived": 0, "bytesSent": 0, "requests": 0,
        "downloadTime": 0, "queryLengthServed": 0,
    });
    let cache: serde_json::Map<_, _> = CACHES.iter().map(|name| ((*name).to_owned(), nothing.clone())).collect();
    json!({
        "summary": {
            "bytesProcessedPerSecond": per_second(bytes), "linesProcessedPerSecond": per_second(read.lines),
            "totalBytesProcessed": bytes, "totalLinesProcessed": read.lines, "execTime": seconds, "queueTime": 0,
            "subqueries": 0, "totalEntriesReturned": entries, "splits": 0, "shards": 0, "totalPostFilterLines": passed,
            "totalStructuredMetadataBytesProcessed": read.metadata_bytes,
        },
        "querier": {
            "store": store(read.chunks, read.chunks_read + read.chunks_counted, read.lines, read.line_bytes, read.bytes_read),
        },
        "ingester": {
            "totalReached": 1, "totalChunksMatched": 0, "totalBatches": 0, "totalLinesSent": 0,
            "store": store(0, 0, 0, 0, 0),
        },
        "cache": cache,
        "index": {
            "totalChunks": read.chunks, "postFilterChunks": read.chunks.saturating_sub(skipped), "shardsDuration": 0,
            "usedBloomFilters": read.skipped_by_ids > 0,
        },
        "planner": {
            "skippedByTerms": read.skipped_by_terms, "skippedByIds": read.skipped_by_ids,
            "skippedByLevels": read.skipped_by_levels, "countedOnly": read.chunks_counted, "keptLines": read.lines_kept,
        },
    })
}
