//! Which families there are, and which metrics belong to each.

use std::collections::{BTreeMap, HashMap};

use aio_types::{Metadata, MetricKind};
use aio_wire::openmetrics::{Escaping, Member, member_of};

/// One family as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Family {
    /// Unknown where its metrics are not of one kind.
    pub(super) kind: MetricKind,
    pub(super) help: String,
    pub(super) unit: String,
    /// Names of its metrics as they are stored, ascending.
    pub(super) metrics: Vec<String>,
}

/// Families by their names as they are written. Metrics that escaping gives one name are in one family.
pub(super) fn families(
    names: &[String],
    metadata: &BTreeMap<String, Vec<Metadata>>,
    escaping: Escaping,
) -> BTreeMap<String, Family> {
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    // The family that has a metric of this name, as written.
    let mut owners: HashMap<String, String> = HashMap::new();
    for name in names {
        let member = member_of(name, |family| metadata.get(family).and_then(|all| all.first()));
        let said = said(&member, escaping);
        let owner = owners.entry(escaping.metric(name).into_owned()).or_insert_with(|| {
            let written = if said.kind == MetricKind::Unknown { name } else { member.family };
            escaping.metric(written).into_owned()
        });
        match families.get_mut(owner) {
            Some(family) => {
                if (family.kind, &family.help, &family.unit) != (said.kind, &said.help, &said.unit) {
                    (family.kind, family.help, family.unit) = (MetricKind::Unknown, String::new(), String::new());
                }
                family.metrics.push(name.clone());
            }
            None => {
                families.insert(owner.clone(), Family { metrics: vec![name.clone()], ..said });
            }
        }
    }
    families
}

/// What may be said of a family that a metric is in.
fn said(member: &Member<'_>, escaping: Escaping) -> Family {
    let Some(metadata) = member.metadata else { return Family::default() };
    let (help, unit) = (metadata.help.clone(), metadata.unit.clone());
    let whole = [member.family, member.suffix].concat();
    // Some schemes change what lies between a family's name and the rest.
    let is_whole = escaping.metric(&whole) == [&*escaping.metric(member.family), member.suffix].concat();
    let kind = if is_whole { member.kind } else { MetricKind::Unknown };
    Family { kind, help, unit, metrics: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(families: &[(&str, MetricKind)]) -> BTreeMap<String, Vec<Metadata>> {
        let about = |name: &str, kind| Metadata { kind, help: format!("about {name}"), unit: String::new() };
        families.iter().map(|(name, kind)| ((*name).to_owned(), vec![about(name, *kind)])).collect()
    }

    fn planned(
        names: &[&str],
        declared: &[(&str, MetricKind)],
        escaping: Escaping,
    ) -> Vec<(String, &'static str, String)> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let families = families(&names, &metadata(declared), escaping);
        families.into_iter().map(|(name, family)| (name, family.kind.as_str(), family.metrics.join(" "))).collect()
    }

    fn row(name: &str, kind: &'static str, metrics: &str) -> (String, &'static str, String) {
        (name.to_owned(), kind, metrics.to_owned())
    }

    #[test]
    fn metrics_of_a_family_are_together() {
        let names = ["lat_bucket", "lat_buzz", "lat_count", "lat_sum", "up", "x_total"];
        let declared = [("lat", MetricKind::Histogram), ("x", MetricKind::Counter), ("up", MetricKind::Gauge)];
        let expected = [
            row("lat", "histogram", "lat_bucket lat_count lat_sum"),
            row("lat_buzz", "unknown", "lat_buzz"),
            row("up", "gauge", "up"),
            row("x", "counter", "x_total"),
        ];
        assert_eq!(planned(&names, &declared, Escaping::Quoted), expected);
    }

    #[test]
    fn names_that_become_one_are_together_and_nothing_is_said_of_them_unless_it_holds_for_all() {
        let declared = [("a.b", MetricKind::Counter), ("a_b_total", MetricKind::Counter)];
        let expected = [row("a_b", "unknown", "a.b_total a_b_total")];
        assert_eq!(planned(&["a.b_total", "a_b_total"], &declared, Escaping::Underscores), expected);
        let expected = [row("a.b", "counter", "a.b_total"), row("a_b", "counter", "a_b_total")];
        assert_eq!(planned(&["a.b_total", "a_b_total"], &declared, Escaping::Quoted), expected);
    }

    #[test]
    fn a_scheme_that_changes_the_end_of_a_name_leaves_no_family() {
        let declared = [("a.b", MetricKind::Counter)];
        let expected = [row("U__a_2e_b__total", "unknown", "a.b_total")];
        assert_eq!(planned(&["a.b_total"], &declared, Escaping::Values), expected);
    }

    #[test]
    fn a_gauge_and_a_counter_may_share_a_name() {
        let declared = [("a", MetricKind::Gauge), ("a_total", MetricKind::Counter)];
        let expected = [row("a", "unknown", "a a_total")];
        assert_eq!(planned(&["a", "a_total"], &declared, Escaping::Quoted), expected);
    }
}
