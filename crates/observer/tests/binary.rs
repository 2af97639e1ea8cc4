//! The built binary itself. That this file is here makes `cargo test` build it, with the dependencies the tests have
//! already: the end-to-end tests take it from there.

use std::process::Command;

#[test]
fn the_binary_tells_its_version() {
    let output = Command::new(env!("CARGO_BIN_EXE_observer-aio")).arg("--version").output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(told.trim(), concat!("observer-aio ", env!("CARGO_PKG_VERSION")));
}
