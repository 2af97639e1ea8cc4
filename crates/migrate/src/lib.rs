//! Reads what other products left on disk, and writes what they read: data directories of Prometheus, OpenMetrics text.
//!
//! Knows nothing of: our own store, sockets, the command line.
