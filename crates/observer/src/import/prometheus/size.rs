//! Whether what was imported fits what the server keeps.

use std::path::Path;

use crate::config::Settings;

/// What is to be told of it, if anything.
pub(super) fn remark(settings: &Settings) -> Option<String> {
    let (kept, taken) = (settings.metrics.retention.size_bytes as u64, taken(&settings.storage.data_dir));
    (kept > 0 && taken > kept).then(|| {
        format!(
            "all metrics take {taken} bytes now, and the server keeps {kept} (metrics.retention.size): it will drop the \
             oldest, unless that is raised before it starts"
        )
    })
}

/// What the blocks of all tenants take. What cannot be read takes nothing.
fn taken(data_dir: &Path) -> u64 {
    let entries = |dir: &Path| std::fs::read_dir(dir).into_iter().flatten().flatten();
    let files = entries(&data_dir.join("metrics/tenants")).flat_map(|tenant| entries(&tenant.path()));
    files.filter_map(|file| file.metadata().ok()).filter(std::fs::Metadata::is_file).map(|file| file.len()).sum()
}
