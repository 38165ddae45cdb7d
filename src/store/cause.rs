//! What lies behind an error, kept whatever it is.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// An error of what a store is built on. It reads as that error does, and hands it out by its type, so that who knows
/// the storage decides by types and everybody else by the variant that holds it.
#[derive(Clone)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl Cause {
    /// Keeps an error.
    #[must_use]
    pub fn new(error: impl Error + Send + Sync + 'static) -> Cause {
        Cause(Arc::new(error))
    }

    /// The error, where it is of this type.
    #[must_use]
    pub fn get<E: Error + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref()
    }
}

impl From<String> for Cause {
    /// Where there is nothing but words.
    fn from(words: String) -> Cause {
        Cause(Box::<dyn Error + Send + Sync>::from(words).into())
    }
}

impl From<&str> for Cause {
    fn from(words: &str) -> Cause {
        words.to_owned().into()
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

impl PartialEq for Cause {
    /// Two that read alike are.
    fn eq(&self, other: &Cause) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for Cause {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{AppendError, StoreError};

    #[derive(Debug, thiserror::Error)]
    #[error("the disk says {0}")]
    struct Disk(u8);

    #[test]
    fn the_error_of_the_storage_is_reached_from_that_of_the_store() {
        let operation = "append";
        let cause = Cause::new(Disk(7));
        let error = AppendError::from(StoreError::Failed { operation, cause });
        assert_eq!(
            error.to_string(),
            "the storage failed while it was to append: the disk says 7"
        );
        let sources = std::iter::successors(error.source(), |error| (*error).source());
        let disk = sources.into_iter().find_map(|e| e.downcast_ref::<Disk>());
        assert_eq!(disk.map(|disk| disk.0), Some(7));
        let AppendError::Store(StoreError::Failed { cause, .. }) = error else {
            unreachable!("it was made so")
        };
        assert_eq!(cause.get::<Disk>().map(|disk| disk.0), Some(7));
        assert!(cause.get::<std::fmt::Error>().is_none());
    }

    #[test]
    fn causes_that_read_alike_are_alike() {
        assert_eq!(Cause::new(Disk(7)), Cause::from("the disk says 7"));
        assert_ne!(Cause::new(Disk(7)), Cause::new(Disk(8)));
    }
}
