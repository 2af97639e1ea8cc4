//! Queries over a handful of traces.

mod conditions;
mod fixture;
mod newest;
mod pipelines;
mod structure;
