//! The version of the page: whether the browser keeps it for when there is no network, and whether there is a newer
//! one.

/// What is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PageVersion {
    /// Nothing yet.
    #[default]
    Unknown,
    /// The browser keeps it, whole.
    Kept,
    /// A newer one was fetched, and waits to be used.
    Superseded,
    /// The browser doesn't keep it, for this reason.
    NotKept(String),
}

impl PageVersion {
    /// For a person to read.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            PageVersion::Unknown => "It isn't known yet whether this browser keeps the page for when there is no network.".to_owned(),
            PageVersion::Kept => "This browser keeps the page whole: it opens and works without a network.".to_owned(),
            PageVersion::Superseded => "This browser keeps the page whole, and a new version of it, which is used once you say so.".to_owned(),
            PageVersion::NotKept(reason) => format!("This browser doesn't keep the page, which needs its server to be opened: {reason}."),
        }
    }
}
