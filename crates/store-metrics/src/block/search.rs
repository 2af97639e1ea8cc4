//! From labels to series: what of a block's values and their series is read to find some.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use aio_types::TimeRange;
use roaring::RoaringBitmap;

use super::cache::Cache;
use super::values::{self, Directory, Postings};
use super::{Block, Part, spans};
use crate::error::Error;

static DIRECTORIES: LazyLock<Cache<Directory>> = LazyLock::new(|| Cache::new(1 << 20));
static VALUES: LazyLock<Cache<values::Page>> = LazyLock::new(|| Cache::new(4 << 20));
static BITMAPS: LazyLock<Cache<RoaringBitmap>> = LazyLock::new(|| Cache::new(4 << 20));
static SPANS: LazyLock<Cache<Vec<u8>>> = LazyLock::new(|| Cache::new(2 << 20));

/// Reading the labels of a series costs about as much as looking at this many values.
const VALUES_PER_SERIES: u64 = 8;

impl Block {
    /// Series that may have samples in `range`; `None` where that does not tell them apart.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset; [`Error::Io`].
    pub(crate) fn touching(&self, range: TimeRange) -> Result<Option<RoaringBitmap>, Error> {
        if range.start <= self.range.start && self.range.end <= range.end {
            return Ok(None);
        }
        let mut ids = RoaringBitmap::new();
        for (page, part) in self.top.spans.iter().enumerate() {
            let bytes = SPANS.get((self.number, part.offset), || {
                let bytes = self.part(*part)?;
                let size = bytes.len();
                Ok((bytes, size))
            })?;
            let first = u32::try_from(page * spans::PAGE_SERIES).unwrap_or(u32::MAX);
            ids |= spans::touching(&bytes, first, range, self.range);
        }
        Ok(Some(ids))
    }

    /// Names of labels, of those that some of the wanted series have.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset; [`Error::Io`].
    pub(crate) fn label_names(&self, wanted: Option<&RoaringBitmap>) -> Result<Vec<&str>, Error> {
        let mut names = Vec::new();
        for (name, part) in &self.top.labels {
            let is_wanted = match wanted {
                None => true,
                Some(wanted) => !self.bitmap(self.directory(*part)?.any)?.is_disjoint(wanted),
            };
            if is_wanted {
                names.push(&**name);
            }
        }
        Ok(names)
    }

    /// Adds the values of a label to `out`, of those that some of the wanted series have.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming file and offset; [`Error::Io`].
    pub(crate) fn label_values(
        &self,
        name: &str,
        wanted: Option<&RoaringBitmap>,
        out: &mut BTreeSet<String>,
    ) -> Result<(), Error> {
        let count = self.label(name)?.map_or(0, |directory| directory.count);
        if let Some(few) = wanted.filter(|wanted| wanted.len().saturating_mul(VALUES_PER_SERIES) < count) {
            for id in few {
                let series = self.series(id)?;
                out.extend(Some(series.labels.get(name)).filter(|value| !value.is_empty()).map(str::to_owned));
            }
            return Ok(());
        }
        self.values_from(name, "", |value, postings| {
            let is_wanted = match wanted {
                None => true,
                Some(wanted) => self.meets(postings, wanted)?,
            };
            if is_wanted && !out.contains(value) {
                out.insert(value.to_owned());
            }
            Ok(true)
        })
    }

    /// Series that have the label with this value.
    pub(super) fn equal(&self, name: &str, value: &str) -> Result<Option<Arc<RoaringBitmap>>, Error> {
        let Some(directory) = self.label(name)? else { return Ok(None) };
        let Some((_, part)) = directory.pages.get(directory.page_of(value)) else { return Ok(None) };
        match self.values(*part)?.get(value) {
            None => Ok(None),
            Some(Postings::Few(ids)) => Ok(Some(Arc::new(ids.iter().copied().collect()))),
            Some(Postings::Part(part)) => self.bitmap(*part).map(Some),
        }
    }

    /// Visits the values of a label from `from` on, ascending, while `visit` says so.
    pub(super) fn values_from(
        &self,
        name: &str,
        from: &str,
        mut visit: impl FnMut(&str, &Postings) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let Some(directory) = self.label(name)? else { return Ok(()) };
        for (_, part) in directory.pages.iter().skip(directory.page_of(from)) {
            let page = self.values(*part)?;
            let begin = page.0.partition_point(|(value, _)| **value < *from);
            for (value, postings) in page.0.iter().skip(begin) {
                if !visit(value, postings)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Adds the series of a value to `ids`.
    pub(super) fn add(&self, postings: &Postings, ids: &mut RoaringBitmap) -> Result<(), Error> {
        match postings {
            Postings::Few(few) => ids.extend(few.iter().copied()),
            Postings::Part(part) => *ids |= &*self.bitmap(*part)?,
        }
        Ok(())
    }

    fn meets(&self, postings: &Postings, wanted: &RoaringBitmap) -> Result<bool, Error> {
        match postings {
            Postings::Few(few) => Ok(few.iter().any(|id| wanted.contains(*id))),
            Postings::Part(part) => Ok(!self.bitmap(*part)?.is_disjoint(wanted)),
        }
    }

    /// Where the values of a label are.
    pub(super) fn label(&self, name: &str) -> Result<Option<Arc<Directory>>, Error> {
        let at = self.top.labels.binary_search_by(|(own, _)| (**own).cmp(name)).ok();
        at.and_then(|at| self.top.labels.get(at)).map(|(_, part)| self.directory(*part)).transpose()
    }

    fn directory(&self, part: Part) -> Result<Arc<Directory>, Error> {
        DIRECTORIES.get((self.number, part.offset), || {
            let directory = Directory::decode(&self.part(part)?, self.footer.top.offset);
            let directory = directory.ok_or_else(|| self.corrupt(part, "malformed label"))?;
            let bytes = directory.bytes();
            Ok((directory, bytes))
        })
    }

    fn values(&self, part: Part) -> Result<Arc<values::Page>, Error> {
        VALUES.get((self.number, part.offset), || {
            let page = values::Page::decode(&self.part(part)?, self.footer.top.offset);
            let page = page.ok_or_else(|| self.corrupt(part, "malformed values"))?;
            let bytes = page.bytes();
            Ok((page, bytes))
        })
    }

    pub(super) fn bitmap(&self, part: Part) -> Result<Arc<RoaringBitmap>, Error> {
        BITMAPS.get((self.number, part.offset), || {
            let bitmap = values::decode_bitmap(&self.part(part)?, self.footer.series);
            let bitmap = bitmap.ok_or_else(|| self.corrupt(part, "malformed set of series"))?;
            let bytes = bitmap.serialized_size() + 64;
            Ok((bitmap, bytes))
        })
    }
}
