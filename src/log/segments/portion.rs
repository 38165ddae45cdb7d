//! How many records are asked of a storage at once. It counts records, and what is to be bounded are
//! bytes, which nothing tells before they are read: so it goes by what the records before weighed.

/// So many records are asked for first.
const FIRST: usize = 16;

/// And so many at most, however light those before were: with 1 MiB each they are what may be in memory
/// at once.
const MOST: usize = 64;

/// How much of a read is there, and how much of it is asked for next.
#[derive(Clone, Copy, Debug)]
pub struct Portion {
    bytes: usize,
    held: usize,
    count: usize,
}

impl Portion {
    /// So many bytes are a page that is full, together with what JavaScript has of the same records
    /// half of the 64 MiB that a read may take.
    pub const BYTES: usize = 32 << 20;

    /// Of a read that is full with so many bytes.
    #[must_use]
    pub fn of(bytes: usize) -> Portion {
        Portion {
            bytes,
            held: 0,
            count: FIRST,
        }
    }

    /// How many records to ask for next.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Takes note that so many records were read, with so many bytes.
    pub fn took(&mut self, records: usize, bytes: usize) {
        self.held += bytes;
        self.go_on(records, bytes, self.bytes.saturating_sub(self.held));
    }

    /// The same, of records that aren't held any more once they were looked at.
    pub fn passed(&mut self, records: usize, bytes: usize) {
        self.go_on(records, bytes, self.bytes);
    }

    fn go_on(&mut self, records: usize, bytes: usize, room: usize) {
        if records == 0 {
            return;
        }
        let each = bytes / records + 1;
        self.count = (room / each).clamp(1, MOST.min(self.count * 4));
    }

    /// Whether what is held is enough for a page.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.held >= self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    /// Reads records of these sizes; answers how many bytes each request brought, until it is full.
    fn read(mut portion: Portion, sizes: &[usize]) -> Vec<usize> {
        let mut rest = sizes;
        let mut brought = Vec::new();
        while !rest.is_empty() && !portion.is_full() {
            let (now, later) = rest.split_at(portion.count().min(rest.len()));
            let bytes = now.iter().sum();
            portion.took(now.len(), bytes);
            brought.push(bytes);
            rest = later;
        }
        brought
    }

    #[test]
    fn small_records_are_read_by_the_most_at_once() {
        let brought = read(Portion::of(Portion::BYTES), &[100; 400]);
        assert_eq!(brought[0], 1_600);
        assert!(brought[1..6].iter().all(|bytes| *bytes == 6_400));
        assert_eq!(brought.iter().sum::<usize>(), 40_000);
    }

    #[test]
    fn a_read_of_great_records_ends_before_it_takes_64_mib() {
        for each in [MIB / 3, MIB, 2 * MIB] {
            let read: usize = read(Portion::of(Portion::BYTES), &vec![each; 2_000])
                .iter()
                .sum();
            assert!((32 * MIB..=64 * MIB).contains(&read), "{read}");
        }
    }

    #[test]
    fn great_records_that_come_after_small_ones_take_64_mib_and_no_more() {
        let mut sizes = vec![100; 336];
        sizes.extend(vec![MIB - 1_000; 500]);
        let brought = read(Portion::of(Portion::BYTES), &sizes);
        assert!(brought.iter().sum::<usize>() <= 64 * MIB, "{brought:?}");
    }

    #[test]
    fn nothing_that_was_read_says_nothing() {
        let mut portion = Portion::of(MIB);
        portion.took(0, 0);
        assert_eq!(portion.count(), FIRST);
    }

    #[test]
    fn a_record_that_is_greater_than_a_page_comes_alone() {
        let mut portion = Portion::of(MIB);
        portion.passed(1, 5 * MIB);
        assert_eq!(portion.count(), 1);
        assert_eq!(read(portion, &[5 * MIB; 3]), [5 * MIB]);
    }
}
