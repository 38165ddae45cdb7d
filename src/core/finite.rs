//! Looks through a value for numbers that JSON has no form for, NaN and the infinite ones:
//! serde_json writes `null` in their place, which is another value, or none that can be read.

use std::fmt;

use serde::ser::{self, Serialize, Serializer};

/// A number that isn't finite, and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotFinite {
    /// `NaN`, `inf` or `-inf`.
    pub(super) number: &'static str,
    /// The names of the fields, and the places in lists, that lead to it, with points between.
    pub(super) within: String,
}

/// Looks for the first number in a value, however deep, that isn't finite.
pub(super) fn not_finite(value: &(impl Serialize + ?Sized)) -> Option<NotFinite> {
    match value.serialize(Finite) {
        Err(Stop::Found(found)) => Some(found),
        // A value that can't be written at all: whoever writes it says why.
        Ok(()) | Err(Stop::Refused) => None,
    }
}

/// Why looking ended before the value did.
#[derive(Debug)]
enum Stop {
    Found(NotFinite),
    Refused,
}

impl Stop {
    /// The same, told by one who knows the part of the value that it was found in.
    fn within(mut self, part: impl fmt::Display) -> Stop {
        if let Stop::Found(NotFinite { within, .. }) = &mut self {
            let point = if within.is_empty() { "" } else { "." };
            *within = format!("{part}{point}{within}");
        }
        self
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for Stop {}

impl ser::Error for Stop {
    fn custom<T: fmt::Display>(_: T) -> Stop {
        Stop::Refused
    }
}

type Checked = Result<(), Stop>;

/// Takes everything, keeps nothing, and stops at the first number that isn't finite.
struct Finite;

/// The items of a list, of which so many were looked at.
struct Items(usize);

/// Types that hold no such number.
macro_rules! passes {
    ($($method:ident $kind:ty),*) => {
        $(fn $method(self, _: $kind) -> Checked {
            Ok(())
        })*
    };
}

impl Serializer for Finite {
    type Ok = ();
    type Error = Stop;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Finite;
    type SerializeStruct = Finite;
    type SerializeStructVariant = Finite;

    passes! {
        serialize_bool bool, serialize_char char, serialize_str &str, serialize_bytes &[u8],
        serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64, serialize_i128 i128,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64, serialize_u128 u128,
        serialize_unit_struct &'static str
    }

    fn serialize_f32(self, number: f32) -> Checked {
        self.serialize_f64(number.into())
    }

    fn serialize_f64(self, number: f64) -> Checked {
        if number.is_finite() {
            return Ok(());
        }
        Err(Stop::Found(NotFinite {
            // Not by what writes any number, which the page does without.
            number: match number {
                number if number.is_nan() => "NaN",
                number if number > 0.0 => "inf",
                _ => "-inf",
            },
            within: String::new(),
        }))
    }

    fn serialize_none(self) -> Checked {
        Ok(())
    }

    fn serialize_unit(self) -> Checked {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Checked {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Checked {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &str, value: &T) -> Checked {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Checked {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items, Stop> {
        Ok(Items(0))
    }

    fn serialize_tuple(self, _: usize) -> Result<Items, Stop> {
        Ok(Items(0))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items, Stop> {
        Ok(Items(0))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Items, Stop> {
        Ok(Items(0))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Finite, Stop> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Finite, Stop> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Finite, Stop> {
        Ok(self)
    }

    // What is written as a text isn't written out only to be thrown away.
    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Checked {
        Ok(())
    }
}

impl Items {
    fn item(&mut self, value: &(impl Serialize + ?Sized)) -> Checked {
        let index = self.0;
        self.0 += 1;
        value.serialize(Finite).map_err(|stop| stop.within(index))
    }
}

/// A list by any of its names.
macro_rules! items {
    ($($kind:ident $method:ident),*) => {
        $(impl ser::$kind for Items {
            type Ok = ();
            type Error = Stop;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Checked {
                self.item(value)
            }

            fn end(self) -> Checked {
                Ok(())
            }
        })*
    };
}

items! {
    SerializeSeq serialize_element, SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field, SerializeTupleVariant serialize_field
}

/// Fields with names that are known when compiling.
macro_rules! fields {
    ($($kind:ident),*) => {
        $(impl ser::$kind for Finite {
            type Ok = ();
            type Error = Stop;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Checked {
                value.serialize(Finite).map_err(|stop| stop.within(name))
            }

            fn end(self) -> Checked {
                Ok(())
            }
        })*
    };
}

fields! { SerializeStruct, SerializeStructVariant }

impl ser::SerializeMap for Finite {
    type Ok = ();
    type Error = Stop;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Checked {
        key.serialize(Finite)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Checked {
        value.serialize(Finite)
    }

    fn end(self) -> Checked {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    struct Reading {
        sensor: &'static str,
        degrees: Vec<Option<f64>>,
    }

    #[derive(Serialize)]
    struct Celsius(f32);

    #[derive(Serialize)]
    enum Event {
        Measured { reading: Reading },
        Warmed(Celsius),
        Moved(u8, f64),
        Switched,
    }

    fn measured(degrees: Vec<Option<f64>>) -> Event {
        let sensor = "roof";
        let reading = Reading { sensor, degrees };
        Event::Measured { reading }
    }

    #[track_caller]
    fn found(value: &impl Serialize, number: &'static str, within: &str) {
        let within = within.to_owned();
        assert_eq!(not_finite(value), Some(NotFinite { number, within }));
    }

    #[test]
    fn a_number_that_is_not_finite_is_found_with_its_place_at_any_depth() {
        found(&f64::NAN, "NaN", "");
        found(&f32::INFINITY, "inf", "");
        found(&(1, f64::NEG_INFINITY), "-inf", "1");
        found(&Event::Warmed(Celsius(f32::NAN)), "NaN", "");
        found(&Event::Moved(1, f64::NAN), "NaN", "1");
        let deep = measured(vec![None, Some(20.5), Some(f64::NAN)]);
        found(&[Event::Switched, deep], "NaN", "1.reading.degrees.2");
        let map = BTreeMap::from([("roof", vec![f64::INFINITY])]);
        found(&map, "inf", "0");
    }

    #[test]
    fn nothing_is_found_among_finite_numbers_however_great_and_where_there_are_none() {
        let finite = measured(vec![None, Some(f64::MAX), Some(-0.0), Some(5e-324)]);
        assert_eq!(not_finite(&finite), None);
        assert_eq!(not_finite(&(i128::MIN, u128::MAX, 'c', (), b"bytes")), None);
    }
}
