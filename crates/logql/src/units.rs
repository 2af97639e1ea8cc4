//! Durations and sizes, as queries and as lines spell them, and as queries are printed.

mod duration;
mod size;

pub(crate) use self::duration::{
    go_duration_ns, go_duration_seconds, print_duration, print_range, prometheus_duration_ns, query_duration_ns,
    try_go_duration_ns,
};
pub(crate) use self::size::{bytes, print_bytes, try_bytes, whole_bytes};
