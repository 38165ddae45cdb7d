//! How an event type is drawn: one of six dyes and one of eight glyphs, stable for its name.

/// The shape of an event's knot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// An open circle: something begins.
    Ring,
    /// A triangle that points up: something grows.
    Up,
    /// A triangle that points down: something shrinks.
    Down,
    /// A diamond.
    Diamond,
    /// A square.
    Square,
    /// A hexagon.
    Hexagon,
    /// A plus.
    Plus,
    /// A cross: something ends.
    Cross,
}

impl Glyph {
    const ALL: [Glyph; 8] = [
        Glyph::Ring,
        Glyph::Up,
        Glyph::Down,
        Glyph::Diamond,
        Glyph::Square,
        Glyph::Hexagon,
        Glyph::Plus,
        Glyph::Cross,
    ];
}

/// Dye and glyph of an event type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Which dye, 1 to 6: indigo, lichen, madder, saffron, orchil, verdigris.
    pub dye: u8,
    /// Which shape.
    pub glyph: Glyph,
}

impl Look {
    /// A look by dye (1 to 6) and glyph.
    #[must_use]
    pub const fn new(dye: u8, glyph: Glyph) -> Look {
        Look { dye, glyph }
    }

    /// The look of a type that no model declares: taken from its name (FNV-1a), so that it is the
    /// same in every browser.
    #[must_use]
    pub fn of_name(event_type: &str) -> Look {
        let hash = event_type
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        Look {
            dye: ((hash >> 8) % 6) as u8 + 1,
            glyph: Glyph::ALL[(hash >> 32) as usize % Glyph::ALL.len()],
        }
    }
}
