//! All series by position, in pages that views share.

use std::sync::Arc;

use crate::series::HeadSeries;

/// Series per shared page.
const PAGE_SERIES: usize = 256;

/// All series by position, in shared pages.
#[derive(Debug, Clone, Default)]
pub(super) struct Pages(Vec<Arc<Vec<Arc<HeadSeries>>>>);

impl Pages {
    #[inline]
    pub(super) fn get(&self, id: u32) -> Option<&Arc<HeadSeries>> {
        let id = id as usize;
        self.0.get(id / PAGE_SERIES)?.get(id % PAGE_SERIES)
    }

    pub(super) fn get_mut(&mut self, id: u32) -> Option<&mut HeadSeries> {
        let id = id as usize;
        let page = Arc::make_mut(self.0.get_mut(id / PAGE_SERIES)?);
        page.get_mut(id % PAGE_SERIES).map(Arc::make_mut)
    }

    pub(super) fn len(&self) -> usize {
        self.0.last().map_or(0, |last| (self.0.len() - 1) * PAGE_SERIES + last.len())
    }

    pub(super) fn push(&mut self, series: HeadSeries) {
        match self.0.last_mut() {
            Some(page) if page.len() < PAGE_SERIES => Arc::make_mut(page).push(Arc::new(series)),
            _ => self.0.push(Arc::new(vec![Arc::new(series)])),
        }
    }

    /// Which page a series is on.
    pub(super) fn page_of(id: u32) -> usize {
        id as usize / PAGE_SERIES
    }

    /// One page to be changed. Many series of it are changed at once: that others may hold the page is looked at once.
    pub(super) fn page_mut(&mut self, page: usize) -> Option<PageMut<'_>> {
        self.0.get_mut(page).map(|page| PageMut(Arc::make_mut(page)))
    }

    /// Every series, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<HeadSeries>> + Clone {
        self.0.iter().flat_map(|page| page.iter())
    }
}

/// A page that nobody shares.
pub(super) struct PageMut<'a>(&'a mut Vec<Arc<HeadSeries>>);

impl PageMut<'_> {
    /// The series at a position, which must be on this page.
    #[inline]
    pub(super) fn get_mut(&mut self, id: u32) -> Option<&mut HeadSeries> {
        self.0.get_mut(id as usize % PAGE_SERIES).map(Arc::make_mut)
    }
}
