//! Whether one is among others.

/// Puts one among others, or takes it away where it is there. There are few: a set would bring more code than they are.
pub(super) fn toggle<T: PartialEq>(all: &mut Vec<T>, one: T) {
    match all.iter().position(|other| *other == one) {
        Some(at) => {
            all.remove(at);
        }
        None => all.push(one),
    }
}
