//! Numbers over time.

mod compare;
mod exemplars;
mod fixture;
mod functions;
mod limits;
mod naive;
mod second;
