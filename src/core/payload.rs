//! From a serde enum of events to (event type, payload) and back. The type is read from the
//! envelope, not from inside the payload, so decoding looks at each payload once.

use std::borrow::Cow;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, VariantAccess,
    Visitor,
};
use serde::{Serialize, forward_to_deserialize_any};

use super::event::EncodedEvent;
use super::json_text::{InvalidJson, JsonText};

/// An event that its model can't read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of type {event_type} can't be read: {cause}")]
pub struct DecodeError {
    /// The type in the event's envelope.
    pub event_type: String,
    /// What was wrong with it.
    pub cause: String,
}

/// Encodes an enum variant: its name is the event type, its fields are the payload.
///
/// # Errors
/// [`InvalidJson`] when `event` isn't an enum variant with named fields (or none), or has no
/// JSON form.
pub fn encode(event: &impl Serialize, schema_version: u32) -> Result<EncodedEvent, InvalidJson> {
    let text = JsonText::of(event)?;
    if let Ok(name) = text.read::<String>() {
        return Ok(EncodedEvent {
            event_type: Cow::Owned(name),
            schema_version,
            data: JsonText::empty_object(),
        });
    }
    let (name, fields) = variant(text.as_str())
        .ok_or_else(|| InvalidJson::Syntax("not an event enum".to_owned()))?;
    Ok(EncodedEvent {
        event_type: Cow::Owned(name),
        schema_version,
        data: fields,
    })
}

/// The parts of `{"Name":fields}`; none when it is anything else, or has a second entry.
fn variant(text: &str) -> Option<(String, JsonText)> {
    let entry = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut names = serde_json::Deserializer::from_str(entry).into_iter();
    let name = names.next()?.ok()?;
    let fields = entry.get(names.byte_offset()..)?.strip_prefix(':')?;
    Some((name, JsonText::parse(fields).ok()?))
}

/// Decodes a payload as the enum variant that the event type names.
///
/// # Errors
/// [`DecodeError`] when the type is unknown or the payload has another shape.
pub fn decode<E: DeserializeOwned>(event_type: &str, data: &JsonText) -> Result<E, DecodeError> {
    let data = data.as_str();
    E::deserialize(Tagged { event_type, data }).map_err(|e| DecodeError {
        event_type: event_type.to_owned(),
        cause: e.to_string(),
    })
}

/// A deserializer whose enum variant is named outside its content.
struct Tagged<'a> {
    event_type: &'a str,
    data: &'a str,
}

impl<'de> Deserializer<'de> for Tagged<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

impl<'de> EnumAccess<'de> for Tagged<'de> {
    type Error = serde_json::Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self), Self::Error> {
        let name: StrDeserializer<'_, serde_json::Error> = self.event_type.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Tagged<'de> {
    type Error = serde_json::Error;

    fn unit_variant(self) -> Result<(), Self::Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, Self::Error> {
        let mut json = serde_json::Deserializer::from_str(self.data);
        let value = seed.deserialize(&mut json)?;
        json.end()?;
        Ok(value)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        serde_json::Deserializer::from_str(self.data).deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        serde_json::Deserializer::from_str(self.data).deserialize_map(visitor)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Event {
        MoneyDeposited { amount: i64, reference: String },
        Renamed(Name),
        AccountClosed,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Name {
        name: String,
    }

    #[test]
    fn every_kind_of_variant_survives_the_way_there_and_back() {
        let events = [
            Event::MoneyDeposited {
                amount: 5,
                reference: "salary".into(),
            },
            Event::Renamed(Name { name: "Ada".into() }),
            Event::AccountClosed,
        ];
        for event in events {
            let encoded = encode(&event, 1).unwrap();
            assert_eq!(
                decode::<Event>(&encoded.event_type, &encoded.data),
                Ok(event)
            );
        }
    }

    #[test]
    fn the_type_stands_outside_the_payload() {
        let encoded = encode(
            &Event::MoneyDeposited {
                amount: 5,
                reference: "x".into(),
            },
            1,
        )
        .unwrap();
        assert_eq!(encoded.event_type, "MoneyDeposited");
        assert_eq!(encoded.data.as_str(), r#"{"amount":5,"reference":"x"}"#);
    }

    #[test]
    fn an_event_with_a_number_that_reads_as_null_is_refused_before_it_is_recorded() {
        #[derive(Serialize)]
        enum Reading {
            Measured { degrees: f64 },
        }
        let degrees = f64::NAN;
        assert_eq!(
            encode(&Reading::Measured { degrees }, 1),
            Err(InvalidJson::NotFinite {
                number: "NaN",
                within: "degrees".to_owned(),
            })
        );
    }

    #[test]
    fn what_is_no_variant_is_refused() {
        #[derive(Serialize)]
        struct Two {
            one: u8,
            other: u8,
        }
        assert!(encode(&Two { one: 1, other: 2 }, 1).is_err());
        assert!(encode(&serde_json::json!({}), 1).is_err());
        assert!(encode(&5, 1).is_err());
    }

    #[test]
    fn a_name_of_any_characters_is_read_whole() {
        #[derive(Serialize)]
        enum Odd {
            #[serde(rename = "a \"b\": {c}")]
            Named { amount: u8 },
        }
        let encoded = encode(&Odd::Named { amount: 5 }, 1).unwrap();
        assert_eq!(encoded.event_type, "a \"b\": {c}");
        assert_eq!(encoded.data.as_str(), r#"{"amount":5}"#);
    }

    #[test]
    fn an_unknown_type_and_another_shape_are_refused() {
        let data = JsonText::parse(r#"{"amount":"five"}"#).unwrap();
        let error = decode::<Event>("MoneyDeposited", &data).unwrap_err();
        assert_eq!(error.event_type, "MoneyDeposited");
        assert!(decode::<Event>("Unheard", &data).is_err());
    }
}
