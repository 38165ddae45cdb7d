//! Of which view of the store something was asked, so that an answer that comes late isn't taken for the present;
//! and questions that are under way once at a time.

/// A number for what is shown at a time. What asks the store carries it there and back; it grows with all that makes
/// what is shown another thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct View(pub u64);

/// Since when what is shown is what it is.
#[derive(Clone, Debug, Default)]
pub struct Views {
    now: View,
    stream: View,
    store: View,
    works: View,
    appended: View,
}

impl Views {
    /// The present one.
    #[must_use]
    pub fn now(&self) -> View {
        self.now
    }

    fn next(&mut self) -> View {
        self.now.0 += 1;
        self.now
    }

    /// Another stream is looked at, or another history of it.
    pub(super) fn leave(&mut self) {
        self.stream = self.next();
    }

    /// The store was emptied.
    pub(super) fn empty(&mut self) {
        self.store = self.next();
        self.stream = self.store;
    }

    /// The store went out of reach.
    pub(super) fn lose(&mut self) {
        self.works = self.next();
    }

    /// What is shown has more than was read of it.
    pub(super) fn append(&mut self) {
        self.appended = self.next();
    }

    /// Whether what was asked then is about the stream that is looked at, in its present history.
    pub(super) fn is_of_stream(&self, asked: View) -> bool {
        asked >= self.stream
    }

    /// Whether what was asked then is about the store as it is since it was emptied.
    pub(super) fn is_of_store(&self, asked: View) -> bool {
        asked >= self.store
    }

    /// Whether an answer to what was asked then says that the store is in reach again.
    pub(super) fn is_of_reach(&self, asked: View) -> bool {
        asked >= self.works
    }

    /// Whether all that is known of the stream was there when that was asked.
    pub(super) fn is_of_head(&self, asked: View) -> bool {
        asked >= self.appended
    }
}

/// A question that is never under way twice. Who asks meanwhile gets it asked once more, when the answer is there.
#[derive(Clone, Debug, Default)]
pub struct Question(Option<UnderWay>);

#[derive(Clone, Debug)]
struct UnderWay {
    asked: View,
    again: bool,
}

impl Question {
    /// Whether it is to be sent now.
    #[must_use]
    pub(super) fn ask(&mut self, asked: View) -> bool {
        if let Some(under_way) = &mut self.0 {
            under_way.again = true;
            return false;
        }
        self.begin(asked);
        true
    }

    /// It is sent, whatever was asked before: that was about something else.
    pub(super) fn begin(&mut self, asked: View) {
        let again = false;
        self.0 = Some(UnderWay { asked, again });
    }

    /// Nobody wants to know any more.
    pub(super) fn drop(&mut self) {
        self.0 = None;
    }

    /// An answer came. Answers whether it is to be asked once more.
    #[must_use]
    pub(super) fn answered(&mut self, asked: View) -> bool {
        let ends = self.0.take_if(|under_way| asked >= under_way.asked);
        ends.is_some_and(|under_way| under_way.again)
    }
}
