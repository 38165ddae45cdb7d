//! The geometry of the band: where a version lies on the thread, which versions are labelled,
//! and the course of the number under it. Pure, apart from the painting.

use std::fmt;

/// A number with one digit after the point, for lengths and sizes. Counted in whole numbers, since the general way
/// to write a fraction takes 12 KB of the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tenths(pub f64);

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0).round() as i64;
        let sign = if tenths < 0 { "-" } else { "" };
        let tenths = tenths.unsigned_abs();
        write!(f, "{sign}{}.{}", tenths / 10, tenths % 10)
    }
}

/// A length as the text of an attribute, in pixels.
#[must_use]
pub fn tenths(length: f64) -> String {
    Tenths(length).to_string()
}

/// Space left and right of the thread, in pixels.
const EDGE: f64 = 26.0;

/// The least distance between two labels, in pixels.
const LABEL: f64 = 34.0;

/// Closer than this, knots are drawn as ticks.
const KNOT: f64 = 7.0;

/// A thread of so many versions, drawn so wide.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loom {
    /// The version of the last event.
    pub head: u64,
    /// The whole width, in pixels.
    pub width: f64,
}

/// A part of the height, from top to bottom, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lane {
    /// The upper edge.
    pub top: f64,
    /// The lower edge.
    pub bottom: f64,
}

impl Lane {
    /// Where a value of these lies.
    pub fn height(self, values: &[Option<f64>]) -> impl Fn(f64) -> f64 {
        let known = values.iter().flatten().copied();
        let (low, high) = known.fold((0.0_f64, 0.0_f64), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        let range = if high > low { high - low } else { 1.0 };
        move |value| self.bottom - (self.bottom - self.top) * (value - low) / range
    }
}

impl Loom {
    fn span(self) -> f64 {
        (self.width - 2.0 * EDGE).max(1.0)
    }

    /// The distance between two versions, in pixels.
    #[must_use]
    pub fn spacing(self) -> f64 {
        self.span() / self.head.max(1) as f64
    }

    /// Where a version lies.
    #[must_use]
    pub fn x(self, version: u64) -> f64 {
        EDGE + self.spacing() * version as f64
    }

    /// The version nearest to a place.
    #[must_use]
    pub fn version(self, x: f64) -> u64 {
        let version = ((x - EDGE) / self.spacing()).round();
        (version.max(0.0) as u64).min(self.head)
    }

    /// The radius of a knot; none where they are too close to be told apart.
    #[must_use]
    pub fn knot(self) -> Option<f64> {
        (self.spacing() >= KNOT).then(|| (self.spacing() * 0.36).clamp(2.8, 7.5))
    }

    /// The versions to label, evenly spaced: 0, the head, and steps of 1, 2 or 5 times a power of
    /// ten between them.
    #[must_use]
    pub fn labels(self) -> Vec<u64> {
        let (mut step, mut digit) = (1_u64, 1);
        while self.spacing() * (step as f64) < LABEL {
            (step, digit) = match digit {
                1 => (step * 2, 2),
                2 => (step / 2 * 5, 5),
                _ => (step * 2, 1),
            };
        }
        let mut labels = Vec::new();
        let mut label = 0;
        while label <= self.head {
            labels.push(label);
            label += step;
        }
        if labels.last() != Some(&self.head) {
            let close = labels
                .last()
                .is_some_and(|last| self.x(self.head) - self.x(*last) < LABEL);
            if close && labels.len() > 1 {
                labels.pop();
            }
            labels.push(self.head);
        }
        labels
    }

    /// The number's course as a step line in a lane: each value holds until the next version.
    ///
    /// Versions that fall on one pixel are drawn as one upright stroke from their least to their
    /// greatest value, so that the path's length is bounded by the width. It ends where the values do. Empty where
    /// there are no numbers.
    #[must_use]
    pub fn course(self, values: &[Option<f64>], lane: Lane) -> Course {
        if values.iter().flatten().next().is_none() {
            return Course::default();
        }
        let height = lane.height(values);
        let y = |value: f64| Tenths(height(value));
        let mut line = String::new();
        let mut left = 0.0;
        let mut version = 0;
        while version < values.len() {
            let column = self.x(version as u64).floor();
            let end = (version..values.len())
                .find(|next| self.x(*next as u64).floor() > column)
                .unwrap_or(values.len())
                .max(version + 1);
            let here = || values[version..end].iter().flatten().copied();
            if let (Some(first), Some(last)) = (here().next(), here().next_back()) {
                let x = self.x(version as u64);
                line += &match line.is_empty() {
                    true => {
                        left = x;
                        format!("M{} {}", Tenths(x), y(first))
                    }
                    false => format!("H{}V{}", Tenths(x), y(first)),
                };
                if end > version + 1 {
                    let least = here().fold(first, f64::min);
                    let most = here().fold(first, f64::max);
                    line += &format!("V{}V{}V{}", y(most), y(least), y(last));
                }
            }
            version = end;
        }
        let end = match values.len() as u64 {
            known if known <= self.head => self.x(known),
            _ => self.width - 8.0,
        };
        line += &format!("H{}", Tenths(end));
        // The area begins where the line does, which is where the first number is.
        let (left, zero) = (Tenths(left), y(0.0));
        Course {
            area: format!("M{left} {zero}L{}V{zero}Z", &line[1..]),
            line,
        }
    }

    /// Ticks in place of knots: for each kind (by index), a path of upright strokes, at most one
    /// for each pixel and kind.
    #[must_use]
    pub fn ticks(self, kinds: &[usize], count: usize, lane: Lane) -> Vec<String> {
        let mut paths = vec![String::new(); count];
        let mut last = vec![f64::NEG_INFINITY; count];
        for (index, kind) in kinds.iter().enumerate() {
            let x = self.x(index as u64 + 1).floor();
            if x > last[*kind] {
                last[*kind] = x;
                paths[*kind] += &format!(
                    "M{}.5 {}V{}",
                    x as i64,
                    Tenths(lane.top),
                    Tenths(lane.bottom)
                );
            }
        }
        paths
    }
}

/// The path of a step line, and of the area between it and zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// The line.
    pub line: String,
    /// The area.
    pub area: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two versions, 100 pixels apart, and the lane of their number.
    const LOOM: Loom = Loom {
        head: 2,
        width: 252.0,
    };
    const LANE: Lane = Lane {
        top: 50.0,
        bottom: 110.0,
    };

    #[test]
    fn a_length_is_written_with_one_digit_after_the_point() {
        let written = [0.0, 0.04, 0.06, 9.96, 123.45, -0.25, -12.0].map(|x| Tenths(x).to_string());
        assert_eq!(
            written,
            ["0.0", "0.0", "0.1", "10.0", "123.5", "-0.3", "-12.0"]
        );
    }

    #[test]
    fn a_place_leads_to_its_version_and_beyond_the_edges_to_the_ends() {
        let loom = Loom {
            head: 9,
            width: 952.0,
        };
        assert_eq!((loom.x(0), loom.x(9)), (26.0, 926.0));
        for version in 0..=9 {
            assert_eq!(loom.version(loom.x(version) + 40.0), version);
        }
        assert_eq!((loom.version(-50.0), loom.version(5_000.0)), (0, 9));
    }

    #[test]
    fn labels_keep_their_distance_and_name_both_ends() {
        for head in [0, 1, 9, 37, 100, 1_434, 10_000] {
            let loom = Loom { head, width: 390.0 };
            let labels = loom.labels();
            assert_eq!((labels[0], labels[labels.len() - 1]), (0, head), "{head}");
            let apart = |pair: &[u64]| loom.x(pair[1]) - loom.x(pair[0]) >= LABEL - 0.01;
            assert!(labels.windows(2).all(apart), "{head}: {labels:?}");
        }
    }

    #[test]
    fn a_value_holds_until_the_next_version() {
        let course = LOOM.course(&[Some(0.0), Some(10.0), Some(5.0)], LANE);
        assert_eq!(course.line, "M26.0 110.0H126.0V50.0H226.0V80.0H244.0");
        assert_eq!(
            course.area,
            "M26.0 110.0L26.0 110.0H126.0V50.0H226.0V80.0H244.0V110.0Z"
        );
        assert_eq!(LOOM.course(&[None, None], LANE), Course::default());
    }

    #[test]
    fn a_course_that_begins_later_has_no_area_before_its_beginning() {
        let course = LOOM.course(&[None, Some(10.0), Some(5.0)], LANE);
        assert_eq!(course.line, "M126.0 50.0H226.0V80.0H244.0");
        assert_eq!(
            course.area,
            "M126.0 110.0L126.0 50.0H226.0V80.0H244.0V110.0Z"
        );
    }

    #[test]
    fn a_long_course_is_bounded_by_the_width_and_keeps_its_extremes() {
        let loom = Loom {
            head: 100_000,
            width: 400.0,
        };
        let mut values = vec![Some(1.0); 100_001];
        values[54_321] = Some(100.0);
        let course = loom.course(
            &values,
            Lane {
                top: 0.0,
                bottom: 100.0,
            },
        );
        assert!(course.line.len() < 400 * 60, "{}", course.line.len());
        assert!(course.line.contains("V0.0"), "the one peak is drawn");
    }

    #[test]
    fn ticks_are_at_most_one_for_each_pixel_and_kind() {
        let loom = Loom {
            head: 10_000,
            width: 400.0,
        };
        let kinds: Vec<usize> = (0..10_000).map(|index| index % 2).collect();
        let paths = loom.ticks(
            &kinds,
            2,
            Lane {
                top: 1.0,
                bottom: 2.0,
            },
        );
        assert!(paths.iter().all(|path| path.matches('M').count() <= 400));
    }
}
