//! Doors for hostile text and bytes; for the fuzz targets only.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::serve::Requests;

/// A configuration, a rule file or an `alertmanager.yml`: one that has no faults can be run with.
pub fn file(text: &str) {
    let _any_verdict_will_do = crate::check::faults_of_text(text);
    if let Ok(file) = crate::config::File::parse(text) {
        let settings = crate::config::Settings::resolve(&file, &crate::cli::ServeArgs::default());
        settings.expect("what passed its checks can be run with");
    }
}

/// The bytes of a connection: how they arrive makes no difference, and what is short passes as it came.
pub fn connection(bytes: &[u8]) {
    let whole = passed(&[bytes]);
    let (first, second) = bytes.split_at(bytes.len() / 3);
    assert_eq!(passed(&[first, second]), whole);
    assert_eq!(passed(&bytes.chunks(1).collect::<Vec<_>>()), whole);
    assert_eq!(bytes, whole);
}

fn passed(pieces: &[&[u8]]) -> Vec<u8> {
    let (mut requests, mut out) = (Requests::new("x-long", Arc::new(Semaphore::new(1))), Vec::new());
    for piece in pieces {
        requests.pass(piece, &mut out).expect("heads are small");
    }
    requests.finish(&mut out);
    out
}
