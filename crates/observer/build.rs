//! The web app is embedded as it was built: a new build of it is a new binary.

fn main() {
    println!("cargo::rerun-if-changed=../../web/dist");
}
