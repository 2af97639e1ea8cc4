//! Hostile bytes for everything that reads bytes or text from outside: one small file per target in `targets`.
//!
//! ```text
//!   .ci/fuzz SECONDS            instrumented build, every target on its seeds for so long
//!   cargo run -p aio-fuzz -- TARGET FILE…   one target on the given inputs, no special build: to look at a crash
//! ```
//!
//! A target panics where the code under it breaks a promise; running out of memory or time is found by the driver.
//! Seeds are in `seeds/TARGET`; an input that once crashed a target joins them when the fault is mended.
#![cfg_attr(fuzzing, no_main)]

mod source;
mod targets;

#[cfg(fuzzing)]
#[allow(unsafe_code, reason = "the driver's entry points carry fixed names; some versions allow it themselves")]
mod driver {
    use std::sync::OnceLock;

    use crate::targets::{self, Run};

    static TARGET: OnceLock<Run> = OnceLock::new();

    fn chosen() -> Run {
        let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
        targets::find(&name).unwrap_or_else(|| panic!("FUZZ_TARGET names no target: {name:?}"))
    }

    libfuzzer_sys::fuzz_target!(|data: &[u8]| TARGET.get_or_init(chosen)(data));
}

#[cfg(not(fuzzing))]
fn main() -> anyhow::Result<()> {
    use anyhow::Context;

    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let names: Vec<_> = targets::ALL.iter().map(|(name, _)| *name).collect();
    let run = targets::find(&name).with_context(|| format!("usage: aio-fuzz {} FILE…", names.join("|")))?;
    for path in arguments {
        run(&std::fs::read(&path).with_context(|| path.clone())?);
    }
    Ok(())
}
