//! `observer-aio check FILE…`.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::config;

#[expect(clippy::print_stdout, reason = "the command's answer")]
pub(crate) fn run(files: &[PathBuf]) -> ExitCode {
    let mut faults = 0;
    for file in files {
        match config::load(file) {
            Ok(_) => println!("{}: ok", file.display()),
            Err(error) => {
                faults += 1;
                println!("{error:#}");
            }
        }
    }
    if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
