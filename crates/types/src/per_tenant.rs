//! What is set for all tenants, and otherwise for some.

use std::collections::HashMap;

use crate::TenantId;

/// A value for every tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PerTenant<T> {
    /// For tenants without their own.
    pub common: T,
    /// Of some tenants.
    pub own: HashMap<TenantId, T>,
}

impl<T> PerTenant<T> {
    /// The same for all.
    pub fn all(common: T) -> Self {
        Self { common, own: HashMap::new() }
    }

    /// A tenant's own, or that of all.
    pub fn of(&self, tenant: &TenantId) -> &T {
        self.own.get(tenant).unwrap_or(&self.common)
    }

    /// The same tenants with something made of what they have.
    pub fn map<U>(&self, make: impl Fn(&T) -> U) -> PerTenant<U> {
        let own = self.own.iter().map(|(tenant, value)| (tenant.clone(), make(value)));
        PerTenant { common: make(&self.common), own: own.collect() }
    }
}
