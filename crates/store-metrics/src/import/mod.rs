//! History from elsewhere, straight into blocks.
//!
//! ```text
//!   begin_import ─> add series by series ─> finish ─> read_back ─> publish
//!                   parts, under other names  whole    checked      1  imports/PENDING names the blocks to come  `journal`
//!                                                                   2  they get their names
//!                                                                   3  imports/PENDING becomes imports/KEY
//! ```
//!
//! Until (3) a crash leaves nothing: the next start removes the blocks that PENDING names. After it the import is known
//! by its key, so that whoever imports a lot can go on where it was. An import that is dropped before leaves nothing.

mod digest;
mod journal;
mod known;
mod parts;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use aio_types::{Exemplar, Labels, Metadata, Samples, TenantId, TimeRange};

pub use self::digest::Digest;
pub(crate) use self::journal::{undo_unfinished, unfinished};
use self::known::Known;
use self::parts::Parts;
use crate::block::{Block, Finished};
use crate::error::Error;
use crate::merge::merge;
use crate::series::EXEMPLARS_PER_SERIES_MAX;
use crate::store::MetricsStore;

/// What an import brings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Series of which something was taken in.
    pub series: u64,
    /// Floats taken in.
    pub floats: u64,
    /// Native histograms taken in.
    pub histograms: u64,
    /// Exemplars taken in.
    pub exemplars: u64,
    /// Floats that were passed over, since their series had a sample of that moment already.
    pub repeated_floats: u64,
    /// Native histograms that were passed over, likewise.
    pub repeated_histograms: u64,
    /// Exemplars that were passed over, since their series had them already.
    pub repeated_exemplars: u64,
    /// Exemplars that were passed over, since a series keeps only so many, the newest.
    pub surplus_exemplars: u64,
    /// Blocks made of it.
    pub blocks: u64,
}

/// An import under way.
#[derive(Debug)]
pub struct Import<'a> {
    store: &'a MetricsStore,
    tenant: TenantId,
    dir: PathBuf,
    known: Known,
    parts: Parts,
    last: Option<Labels>,
    report: ImportReport,
    metadata: Vec<(String, Metadata)>,
}

/// An import that is whole on disk, and that nobody sees yet.
#[derive(Debug)]
pub struct FinishedImport<'a> {
    store: &'a MetricsStore,
    tenant: TenantId,
    dir: PathBuf,
    blocks: Vec<Finished>,
    report: ImportReport,
    written: Digest,
    metadata: Vec<(String, Metadata)>,
}

impl MetricsStore {
    /// Begins to take in history of a tenant. `extent` is the time all of it lies in: it decides into how many blocks
    /// it goes. Nothing is too old. What is there already stays as it is, and what it has of a moment is not taken in
    /// a second time; that is looked up now and then, so nobody should write the same series meanwhile.
    ///
    /// # Errors
    /// When a directory cannot be created.
    pub fn begin_import(&self, tenant: &TenantId, extent: TimeRange) -> Result<Import<'_>, Error> {
        let dir = self.tenant_dir(tenant);
        std::fs::create_dir_all(&dir).map_err(Error::io(&dir))?;
        Ok(Import {
            store: self,
            tenant: tenant.clone(),
            known: Known::of(self.tenant_there_is(tenant), extent),
            parts: Parts::new(dir.clone(), self.next_import(), extent),
            dir,
            last: None,
            report: ImportReport::default(),
            metadata: Vec::new(),
        })
    }

    /// The imports of a tenant that were published: key and note of each, in order of keys.
    ///
    /// # Errors
    /// When they cannot be read, or are damaged.
    pub fn imported(&self, tenant: &TenantId) -> Result<Vec<(String, String)>, Error> {
        journal::all(&self.tenant_dir(tenant))
    }
}

// === impl Import ===

impl<'a> Import<'a> {
    /// Takes in all of a series, which comes after the one before in order of labels. Samples and exemplars are in any
    /// order; of two samples of one moment the first is taken, and a float before a histogram.
    ///
    /// # Errors
    /// [`Error::Unsorted`]; when a file cannot be written, or what is there cannot be read.
    pub fn add(&mut self, labels: &Labels, mut samples: Samples, mut exemplars: Vec<Exemplar>) -> Result<(), Error> {
        if self.last.as_ref().is_some_and(|last| last >= labels) {
            return Err(Error::Unsorted { series: labels.to_string() });
        }
        self.last = Some(labels.clone());
        let (floats, histograms, all_exemplars) = (samples.floats.len(), samples.histograms.len(), exemplars.len());
        merge(&mut samples);
        self.known.take_out(labels, &mut samples, &mut exemplars)?;
        exemplars.sort_by_key(|exemplar| exemplar.sample.t);
        exemplars.dedup();
        self.report.repeated_floats += (floats - samples.floats.len()) as u64;
        self.report.repeated_histograms += (histograms - samples.histograms.len()) as u64;
        self.report.repeated_exemplars += (all_exemplars - exemplars.len()) as u64;
        let surplus = exemplars.len().saturating_sub(EXEMPLARS_PER_SERIES_MAX);
        exemplars.drain(..surplus);
        self.report.surplus_exemplars += surplus as u64;
        if samples.is_empty() && exemplars.is_empty() {
            return Ok(());
        }
        self.report.series += 1;
        self.report.floats += samples.floats.len() as u64;
        self.report.histograms += samples.histograms.len() as u64;
        self.report.exemplars += exemplars.len() as u64;
        self.parts.add(labels, samples, exemplars)
    }

    /// What is known of metric families.
    pub fn set_metadata(&mut self, metadata: Vec<(String, Metadata)>) {
        self.metadata = metadata;
    }

    /// Ends the files, which are on the disk then.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn finish(self) -> Result<FinishedImport<'a>, Error> {
        let Self { store, tenant, dir, parts, mut report, metadata, .. } = self;
        let (blocks, written) = parts.finish(&metadata)?;
        report.blocks = blocks.len() as u64;
        Ok(FinishedImport { store, tenant, dir, blocks, report, written, metadata })
    }
}

// === impl FinishedImport ===

impl FinishedImport<'_> {
    /// What it brings.
    #[must_use]
    pub fn report(&self) -> ImportReport {
        self.report
    }

    /// What went into the files.
    #[must_use]
    pub fn written(&self) -> Digest {
        self.written
    }

    /// Reads all of it from the disk: what is there should equal what was written.
    ///
    /// # Errors
    /// When it cannot be read, or is damaged.
    pub fn read_back(&self) -> Result<Digest, Error> {
        self.blocks.iter().try_fold(Digest::default(), |all, block| Ok(all + Digest::of(&block.open()?)?))
    }

    /// Lets it be seen, all of it at once, and remembers `key` with a `note`; a key that is known is replaced. What was
    /// deleted before does not touch it, whatever is deleted later does.
    ///
    /// # Errors
    /// When a file cannot be written or renamed: then nothing of it is seen, now or later. [`Error::ImportKey`].
    pub fn publish(self, key: &str, note: &str) -> Result<(), Error> {
        journal::check(key)?;
        // Maintenance numbers blocks, too.
        let _no_maintenance = self.store.log_start.lock();
        // Nor is anything deleted while these blocks have sequences and cannot be found.
        let _no_writes = self.store.checkpoint.write();
        let data = self.store.tenant(&self.tenant);
        let sequences: Vec<_> = {
            let mut memory = data.memory.lock();
            self.blocks.iter().map(|_| memory.reserve_sequence()).collect()
        };
        journal::announce(&self.dir, &sequences, note)?;
        let published = publish_all(self.blocks, &sequences);
        let published = published.and_then(|blocks| journal::commit(&self.dir, key).map(|()| blocks));
        let published = published.inspect_err(|_| {
            // What resists goes at the next start.
            let _best_effort = undo_unfinished(&self.dir);
        })?;
        let mut memory = data.memory.lock();
        published.into_iter().for_each(|block| memory.add_block(Arc::new(block)));
        memory.head.learn(&self.metadata);
        Ok(())
    }
}

fn publish_all(blocks: Vec<Finished>, sequences: &[u64]) -> Result<Vec<Block>, Error> {
    blocks.into_iter().zip(sequences).map(|(block, sequence)| block.publish(*sequence)).collect()
}
