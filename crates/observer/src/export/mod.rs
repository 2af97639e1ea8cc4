//! `observer-aio export openmetrics`: the metrics of a tenant as text that other products take in.
//!
//! ```text
//!   --data-dir DIR (locked) ─┐                       ┌─ for each family, for each day, for each series of it
//!   --snapshot DIR ──────────┴─> ReadOnly ─> plan ─> walk ──> OpenMetrics text ──> FILE or standard output
//!                                                     └─────> summary: what was written, what was not and why
//! ```
//!
//! Memory holds the series and samples of one metric on one day, whatever there is in all. Samples of a series ascend;
//! series of a family follow each other day by day, which `promtool` does not mind. Nothing is left out silently.

mod args;
mod classic;
mod exemplars;
mod family;
mod open;
mod output;
mod plan;
mod summary;
#[cfg(test)]
mod tests;
mod walk;
mod windows;

pub(crate) use self::args::ExportCommand;
use self::args::OpenMetricsArgs;
use self::open::Opened;
use self::output::Output;

/// Does what the command line says.
pub(crate) fn run(command: &ExportCommand) -> anyhow::Result<()> {
    match command {
        ExportCommand::Openmetrics(args) => openmetrics(args),
    }
}

#[expect(clippy::print_stderr, reason = "the command's summary, beside what it writes to standard output")]
fn openmetrics(args: &OpenMetricsArgs) -> anyhow::Result<()> {
    let wanted = args.wanted()?;
    let opened = Opened::open(&args.source)?;
    let source = opened.source(&wanted.tenant)?;
    let mut output = Output::create(args.output.as_deref())?;
    let summary = walk::write(&*source, &wanted, &mut output)?;
    output.finish()?;
    eprint!("{}", summary.told(args.output.as_deref()));
    Ok(())
}
