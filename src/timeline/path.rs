//! Where in a value something is: a list of keys, and how that is written and read. `a."b.c".0` is the
//! first item of the list under the key `b.c` of `a`.

use std::borrow::Cow;
use std::fmt::{self, Write};

use crate::core::{JsonText, JsonValue};

/// The most characters of a path that is read.
pub const MOST_CHARACTERS: usize = 200;

/// Keys from the root on. Of a path that a person wrote, some may stand for several.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Vec<Segment>);

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// A key of an object, or the index of an item of a list, counted from 0.
    Key(String),
    /// `*`: every item of a list, every key of an object.
    Every,
    /// `[sku=B2]`: the items of a list whose field has that value.
    With {
        /// The field.
        key: String,
        /// Its value.
        value: String,
    },
}

/// A text that is no path, and where that shows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Column {column}: {fault}")]
pub struct InvalidPath {
    /// The character, counted from 1.
    pub column: usize,
    /// What is wrong there.
    pub fault: PathFault,
}

/// What is wrong with a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// Nothing stands where its first name would.
    #[error("write a path, like balance or lines.0.sku.")]
    Empty,
    /// A point, and no name behind it.
    #[error("a name must follow \".\".")]
    NoName,
    /// A quote without its end.
    #[error("this quote isn't closed.")]
    OpenQuote,
    /// What stands in brackets is no filter.
    #[error("write a filter like [sku=B2].")]
    NoFilter,
    /// Something follows that belongs to no path.
    #[error("a path ends here; put other keys in quotes.")]
    Rest,
    /// It is longer than [`MOST_CHARACTERS`].
    #[error("a path has at most {MOST_CHARACTERS} characters.")]
    TooLong,
}

impl Path {
    /// That of a whole value.
    #[must_use]
    pub fn root() -> Path {
        Path::default()
    }

    /// Keys, one in another.
    pub fn of<K: Into<String>>(keys: impl IntoIterator<Item = K>) -> Path {
        Path(
            keys.into_iter()
                .map(|key| Segment::Key(key.into()))
                .collect(),
        )
    }

    /// One key further on.
    #[must_use]
    pub fn then(&self, key: impl Into<String>) -> Path {
        let mut path = self.clone();
        path.0.push(Segment::Key(key.into()));
        path
    }

    /// The path of what this one is an entry of; none of the root.
    #[must_use]
    pub fn parent(&self) -> Option<Path> {
        let (_, before) = self.0.split_last()?;
        Some(Path(before.to_vec()))
    }

    /// Its steps.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether it is that of the whole value.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Its last key, where it has one.
    #[must_use]
    pub fn last_key(&self) -> Option<&str> {
        match self.0.last()? {
            Segment::Key(key) => Some(key),
            _ => None,
        }
    }

    /// Reads a text that is a path and nothing else.
    ///
    /// # Errors
    /// [`InvalidPath`].
    pub fn parse(text: &str) -> Result<Path, InvalidPath> {
        let (path, rest) = Path::read(text)?;
        match rest.is_empty() {
            true => Ok(path),
            false => Err(InvalidPath {
                column: column(text, text.len() - rest.len()),
                fault: PathFault::Rest,
            }),
        }
    }

    /// Reads the path that a text begins with, as far as it goes, and what follows it.
    ///
    /// # Errors
    /// [`InvalidPath`].
    pub fn read(text: &str) -> Result<(Path, &str), InvalidPath> {
        let mut reader = Reader { text, at: 0 };
        let mut path = vec![reader.segment(PathFault::Empty)?];
        loop {
            match reader.next() {
                Some('.') => {
                    reader.at += 1;
                    path.push(reader.segment(PathFault::NoName)?);
                }
                Some('[') => path.push(reader.filter()?),
                _ => break,
            }
        }
        if text[..reader.at].chars().nth(MOST_CHARACTERS).is_some() {
            return Err(InvalidPath {
                column: MOST_CHARACTERS + 1,
                fault: PathFault::TooLong,
            });
        }
        Ok((Path(path), &text[reader.at..]))
    }

    /// What it leads to in a value: nothing, or several where a step stands for several. `length` at its
    /// end is the number of items, keys or characters, where no key has that name.
    #[must_use]
    pub fn find<'a>(&self, root: &'a JsonValue) -> Vec<Cow<'a, JsonValue>> {
        let mut found = vec![root];
        for (index, segment) in self.0.iter().enumerate() {
            let is_last = index + 1 == self.0.len();
            let next: Vec<_> = found
                .iter()
                .flat_map(|value| step(value, segment))
                .collect();
            if next.is_empty() && is_last && *segment == Segment::Key("length".to_owned()) {
                return found
                    .into_iter()
                    .filter_map(length)
                    .map(Cow::Owned)
                    .collect();
            }
            found = next;
        }
        found.into_iter().map(Cow::Borrowed).collect()
    }
}

fn step<'a>(value: &'a JsonValue, segment: &Segment) -> Vec<&'a JsonValue> {
    match (value, segment) {
        (JsonValue::Object(fields), Segment::Key(key)) => fields.get(key).into_iter().collect(),
        (JsonValue::List(items), Segment::Key(key)) => {
            // `00` is no index: each item has one path.
            let index = key
                .parse::<usize>()
                .ok()
                .filter(|at| at.to_string() == *key);
            index.and_then(|at| items.get(at)).into_iter().collect()
        }
        (JsonValue::Object(fields), Segment::Every) => fields.iter().map(|(_, it)| it).collect(),
        (JsonValue::List(items), Segment::Every) => items.iter().collect(),
        (JsonValue::List(items), Segment::With { key, value }) => items
            .iter()
            .filter(|item| item.get(key).is_some_and(|found| is(found, value)))
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether a value is what a person wrote for it.
fn is(found: &JsonValue, written: &str) -> bool {
    match found {
        JsonValue::Text(text) => text == written,
        JsonValue::Object(_) | JsonValue::List(_) => false,
        _ => JsonText::parse(written).is_ok_and(|text| text.value() == *found),
    }
}

fn length(value: &JsonValue) -> Option<JsonValue> {
    let length = match value {
        JsonValue::Object(fields) => fields.len(),
        JsonValue::List(items) => items.len(),
        JsonValue::Text(text) => text.chars().count(),
        _ => return None,
    };
    Some(JsonValue::of(&length))
}

/// As it is read: keys that aren't plain words in quotes.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            if index > 0 && !matches!(segment, Segment::With { .. }) {
                f.write_char('.')?;
            }
            match segment {
                Segment::Key(key) => write_name(key, is_name, f)?,
                Segment::Every => f.write_char('*')?,
                Segment::With { key, value } => {
                    f.write_char('[')?;
                    write_name(key, is_name, f)?;
                    f.write_char('=')?;
                    write_name(value, is_bare, f)?;
                    f.write_char(']')?;
                }
            }
        }
        Ok(())
    }
}

fn write_name(name: &str, is_plain: fn(&str) -> bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if is_plain(name) {
        return f.write_str(name);
    }
    f.write_char('"')?;
    for c in name.chars() {
        if matches!(c, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}

fn is_start(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

fn is_name(key: &str) -> bool {
    key.starts_with(is_start) && key.chars().all(|c| is_start(c) || c == '-')
}

fn is_bare(value: &str) -> bool {
    !value.is_empty() && value.chars().all(is_of_bare)
}

fn is_of_bare(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '"' | '(' | ')' | '[' | ']')
}

/// Which character, from 1, begins at that byte.
fn column(text: &str, at: usize) -> usize {
    text[..at].chars().count() + 1
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn next(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn fault<T>(&self, at: usize, fault: PathFault) -> Result<T, InvalidPath> {
        let column = column(self.text, at);
        Err(InvalidPath { column, fault })
    }

    /// As many characters as belong to it.
    fn while_is(&mut self, belongs: fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn segment(&mut self, lacking: PathFault) -> Result<Segment, InvalidPath> {
        if self.next() == Some('*') {
            self.at += 1;
            return Ok(Segment::Every);
        }
        match self.name()? {
            Some(key) => Ok(Segment::Key(key)),
            None => self.fault(self.at, lacking),
        }
    }

    /// A name, or a text in quotes.
    fn name(&mut self) -> Result<Option<String>, InvalidPath> {
        match self.next() {
            Some('"') => self.quoted().map(Some),
            Some(c) if is_start(c) => {
                let name = self.while_is(|c| is_start(c) || c == '-');
                Ok(Some(name.to_owned()))
            }
            _ => Ok(None),
        }
    }

    fn quoted(&mut self) -> Result<String, InvalidPath> {
        let start = self.at;
        let mut text = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((at, c)) = characters.next() {
            match c {
                '"' => {
                    self.at = start + at + 1;
                    return Ok(text);
                }
                '\\' => match characters.next() {
                    Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                    // Nothing else is escaped: such a one is what it is.
                    Some((_, other)) => text.extend(['\\', other]),
                    None => break,
                },
                _ => text.push(c),
            }
        }
        self.fault(start, PathFault::OpenQuote)
    }

    fn filter(&mut self) -> Result<Segment, InvalidPath> {
        let start = self.at;
        self.at += 1;
        let key = self.name()?;
        let is_equal = self.next() == Some('=');
        self.at += usize::from(is_equal);
        let value = match self.next() {
            Some('"') => Some(self.quoted()?),
            _ => Some(self.while_is(is_of_bare).to_owned()).filter(|value| !value.is_empty()),
        };
        let is_closed = self.next() == Some(']');
        match (key, value) {
            (Some(key), Some(value)) if is_equal && is_closed => {
                self.at += 1;
                Ok(Segment::With { key, value })
            }
            _ => self.fault(start, PathFault::NoFilter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> JsonValue {
        JsonText::parse(text).unwrap().value()
    }

    fn found(path: &str, text: &str) -> Vec<String> {
        let root = value(text);
        let found = Path::parse(path).unwrap();
        found.find(&root).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn keys_that_are_no_plain_words_are_written_in_quotes() {
        for (keys, written) in [
            (&["a", "b.c", "0"][..], r#"a."b.c".0"#),
            (&["a.b"], r#""a.b""#),
            (&["", ""], "\"\".\"\""),
            (&["org:group", "-x", "x-y"], r#""org:group"."-x".x-y"#),
            (
                &["say \"hi\"", "back\\slash"],
                r#""say \"hi\""."back\\slash""#,
            ),
            (&["größe", "$ref", "_id", "*"], r#"größe.$ref._id."*""#),
        ] {
            let path = Path::of(keys.iter().copied());
            assert_eq!(path.to_string(), written);
            assert_eq!(Path::parse(written), Ok(path));
        }
    }

    #[test]
    fn what_stands_for_several_is_written_as_it_is_read() {
        for text in [
            "lines.*.sku",
            "lines[sku=B2].quantity",
            r#"*["a b"="c d"]"#,
            "lines[sku=linen-thread].0",
        ] {
            assert_eq!(Path::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_fault_names_its_character() {
        for (text, said) in [
            ("", "Column 1: write a path, like balance or lines.0.sku."),
            ("data.:1", "Column 6: a name must follow \".\"."),
            ("é.", "Column 3: a name must follow \".\"."),
            ("a.\"new card", "Column 3: this quote isn't closed."),
            ("lines[0].sku", "Column 6: write a filter like [sku=B2]."),
            ("lines[sku=]", "Column 6: write a filter like [sku=B2]."),
            ("lines[sku=B2", "Column 6: write a filter like [sku=B2]."),
            (
                "a b",
                "Column 2: a path ends here; put other keys in quotes.",
            ),
        ] {
            assert_eq!(Path::parse(text).unwrap_err().to_string(), said, "{text}");
        }
        assert!(Path::parse(&"x".repeat(200)).is_ok());
        assert_eq!(
            Path::parse(&"x".repeat(201)).unwrap_err().to_string(),
            "Column 201: a path has at most 200 characters."
        );
    }

    #[test]
    fn the_path_that_a_text_begins_with_is_told_from_what_follows() {
        let (path, rest) = Path::read("lines.length > 1").unwrap();
        assert_eq!((path.to_string().as_str(), rest), ("lines.length", " > 1"));
    }

    #[test]
    fn a_path_leads_by_keys_and_not_by_their_text() {
        let state = r#"{"a.b":1,"a":{"b":2},"":{"":0},"list":["p"],"list.0":"q"}"#;
        assert_eq!(found("a.b", state), ["2"]);
        assert_eq!(found("\"a.b\"", state), ["1"]);
        assert_eq!(found("\"\".\"\"", state), ["0"]);
        assert_eq!(found("list.0", state), ["\"p\""]);
        assert_eq!(found("\"list.0\"", state), ["\"q\""]);
        assert!(found("list.00", state).is_empty() && found("a.c", state).is_empty());
    }

    #[test]
    fn a_step_can_stand_for_several_and_length_counts() {
        let state =
            r#"{"lines":[{"sku":"A1","n":1},{"sku":"B2","n":2.50}],"length":7,"o":{"k":"é!"}}"#;
        assert_eq!(found("lines.*.n", state), ["1", "2.50"]);
        assert_eq!(found("lines[sku=B2].n", state), ["2.50"]);
        assert_eq!(found("lines[n=2.5].sku", state), ["\"B2\""]);
        assert_eq!(found("o.*", state), ["\"é!\""]);
        assert_eq!(found("lines.length", state), ["2"]);
        assert_eq!(found("length", state), ["7"]);
        assert_eq!(found("o.length", state), ["1"]);
        assert_eq!(found("o.k.length", state), ["2"]);
        assert!(found("length.length", state).is_empty());
    }
}
