//! How the operands of an operator meet.

/// How the series of two vectors meet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matching {
    /// How many of each side may meet.
    pub cardinality: Cardinality,
    /// The labels of `on` or `ignoring`.
    pub labels: Vec<String>,
    /// Whether these are the labels of `on`.
    pub on: bool,
    /// The labels taken from the one side.
    pub include: Vec<String>,
    /// What stands for a missing series of the left side.
    pub fill_left: Option<f64>,
    /// What stands for a missing series of the right side.
    pub fill_right: Option<f64>,
}

/// How many series of each side may meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cardinality {
    /// One of each.
    #[default]
    OneToOne,
    /// `group_left`
    ManyToOne,
    /// `group_right`
    OneToMany,
    /// Set operators.
    ManyToMany,
}

impl Cardinality {
    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OneToOne => "one-to-one",
            Self::ManyToOne => "many-to-one",
            Self::OneToMany => "one-to-many",
            Self::ManyToMany => "many-to-many",
        }
    }
}
