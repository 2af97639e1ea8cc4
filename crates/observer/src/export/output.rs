//! Where an export goes: standard output, or a file that is whole or absent.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// Text is handed on in pieces of about this size.
const PIECE_BYTES: usize = 1 << 16;

pub(super) struct Output {
    to: Box<dyn Write>,
    /// What is not handed on yet.
    text: String,
    file: Option<Unfinished>,
}

/// A file under its temporary name; removed unless it is finished.
struct Unfinished {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
    is_finished: bool,
}

impl Output {
    pub(super) fn create(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else {
            return Ok(Self { to: Box::new(io::stdout().lock()), text: String::new(), file: None });
        };
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(".tmp");
        let temporary = PathBuf::from(temporary);
        let creating = || format!("creating {}", temporary.display());
        let file = File::create(&temporary).with_context(creating)?;
        let to = Box::new(file.try_clone().with_context(creating)?);
        let file = Unfinished { file, path: path.to_owned(), temporary, is_finished: false };
        Ok(Self { to, text: String::new(), file: Some(file) })
    }

    /// Where text is appended.
    pub(super) fn text(&mut self) -> &mut String {
        &mut self.text
    }

    /// Hands on what has been appended, once it is much.
    pub(super) fn advance(&mut self) -> anyhow::Result<()> {
        if self.text.len() >= PIECE_BYTES { self.hand_on() } else { Ok(()) }
    }

    fn hand_on(&mut self) -> anyhow::Result<()> {
        self.to.write_all(self.text.as_bytes()).context("writing")?;
        self.text.clear();
        Ok(())
    }

    /// Hands on the rest, and gives a file its name.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.hand_on()?;
        self.to.flush().context("writing")?;
        let Some(unfinished) = &mut self.file else { return Ok(()) };
        let path = &unfinished.path;
        let finishing = || format!("writing {}", path.display());
        unfinished.file.sync_all().with_context(finishing)?;
        std::fs::rename(&unfinished.temporary, path).with_context(finishing)?;
        unfinished.is_finished = true;
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        aio_kit::fs::sync_dir(dir).with_context(finishing)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_finished {
            let _best_effort = std::fs::remove_file(&self.temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_or_absent() {
        let dir = tempfile::tempdir().expect("temp dir");
        let path = dir.path().join("out.om");
        let mut output = Output::create(Some(&path)).expect("creates");
        output.text().push_str("half");
        output.hand_on().expect("writes");
        assert!(!path.exists());
        drop(output);
        assert_eq!(std::fs::read_dir(dir.path()).expect("lists").count(), 0);
        let mut output = Output::create(Some(&path)).expect("creates");
        output.text().push_str(&"x".repeat(PIECE_BYTES));
        output.advance().expect("writes");
        assert!(output.text().is_empty());
        output.text().push_str("end");
        output.finish().expect("finishes");
        assert_eq!(std::fs::read(&path).expect("reads").len(), PIECE_BYTES + 3);
        assert_eq!(std::fs::read_dir(dir.path()).expect("lists").count(), 1);
    }
}
