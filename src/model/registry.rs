//! The models that ship, and a generic one for every other aggregate type.

use std::rc::Rc;

use super::generic::GenericModel;
use super::outside::Model;
use super::{bank_account, order};
use crate::core::envelope::named_like_part;
use crate::core::{DecodeError, RecordedEvent};

/// The models to choose from.
#[derive(Clone)]
pub struct Registry {
    shipped: Rc<[Rc<dyn Model>]>,
}

impl Registry {
    /// The models that ship with Eventloom.
    #[must_use]
    pub fn shipped() -> Registry {
        Registry::new([
            Rc::new(bank_account::model()) as Rc<dyn Model>,
            Rc::new(order::model()),
        ])
    }

    /// A choice of models.
    pub fn new(models: impl IntoIterator<Item = Rc<dyn Model>>) -> Registry {
        Registry {
            shipped: models.into_iter().collect(),
        }
    }

    /// The models that take commands, in the order in which they are offered.
    #[must_use]
    pub fn models(&self) -> &[Rc<dyn Model>] {
        &self.shipped
    }

    /// The shipped model of an aggregate type.
    #[must_use]
    pub fn find(&self, aggregate_type: &str) -> Option<&Rc<dyn Model>> {
        self.shipped
            .iter()
            .find(|model| model.aggregate_type() == aggregate_type)
    }

    /// Whether an event of a shipped model can be read as one of its own; any other can be.
    ///
    /// # Errors
    /// [`DecodeError`] when it can't.
    pub fn check(&self, event: &RecordedEvent) -> Result<(), DecodeError> {
        let Some(model) = self.find(event.stream.aggregate_type()) else {
            return Ok(());
        };
        match named_like_part(&event.metadata) {
            Some(part) => Err(DecodeError {
                event_type: event.event_type.clone(),
                cause: format!("its {part:?} is of another type than events of this model have"),
            }),
            None => model.check(event),
        }
    }

    /// The model of an aggregate type: the shipped one, or a generic one.
    #[must_use]
    pub fn model(&self, aggregate_type: &str) -> Rc<dyn Model> {
        self.find(aggregate_type)
            .cloned()
            .unwrap_or_else(|| Rc::new(GenericModel::new(aggregate_type)))
    }
}
