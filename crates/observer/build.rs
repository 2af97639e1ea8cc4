//! The web app is embedded as it was built: a new build of it is a new binary.

#[expect(clippy::print_stdout, reason = "how build scripts speak to cargo")]
fn main() {
    println!("cargo::rerun-if-changed=../../web/dist");
}
