//! What comes after a loss that was told: the store goes on in every tab, above all that was given before, and
//! nobody takes what was read before for what is there now.

use eventloom::browser::{IndexedDbStore, LoadCode};
use eventloom::core::{ExpectedVersion, Version};
use eventloom::store::{AppendError, EventStore, ImportStore, Loss, StoreError};
use wasm_bindgen_test::wasm_bindgen_test;

use super::doubted::{five, has_set_aside, lose_after, told};
use super::second_copy::{
    append, end, in_files, journal_bytes, local_storage, lose_database, open, set_journal_bytes,
};
use super::support::{ada, event, everything, fresh_name, open as plain, recorded, soon, within};

/// The journal is gone, too.
async fn lose_journal(name: &str) {
    in_files(name, "await folder.removeEntry(name);").await;
}

/// What was noted beside both is gone.
fn lose_notes(name: &str) {
    let noted = format!("{name}.sentinel");
    local_storage().remove_item(&noted).unwrap();
}

/// The position that the next event gets.
async fn next(store: &IndexedDbStore) -> u64 {
    store.next_position().await.unwrap().place.0
}

#[wasm_bindgen_test]
async fn a_second_tab_opens_a_store_whose_total_loss_was_told() {
    let name = fresh_name();
    five(&name).await;
    lose_journal(&name).await;
    lose_database(&name).await;
    let store = open(&name).await;
    assert_eq!(store.recovery(), told(Loss::Deleted, 0, 5, 0, true));
    let other = open(&name).await;
    assert_eq!(everything(&other).await, []);
    other.close();
    end(store).await;
}

#[wasm_bindgen_test]
async fn no_tab_gives_a_position_again_after_a_loss_that_another_was_told() {
    for is_whole in [false, true] {
        let name = fresh_name();
        five(&name).await;
        lose_journal(&name).await;
        match is_whole {
            true => lose_database(&name).await,
            false => lose_after(&name, 2, 5).await,
        }
        let store = open(&name).await;
        assert!(store.recovery().is_some_and(|told| told.lost > 0));
        assert_eq!(next(&store).await, 6);
        let second = open(&name).await;
        assert_eq!(next(&second).await, 6);
        second.close();
        // A worker opens it so.
        let beside = IndexedDbStore::open_beside(&name, store.database(), LoadCode::AT_HAND).await;
        let beside = beside.unwrap();
        assert_eq!(next(&beside).await, 6);
        beside.close();
        store.close();
        // And once nobody has it open who was told.
        let later = plain(&name).await;
        append(&later, [11]).await;
        let last = everything(&later).await.pop();
        assert_eq!(last.map(|last| last.position.0), Some(6));
        end(later).await;
    }
}

#[wasm_bindgen_test]
async fn no_position_of_what_is_set_aside_is_given_again() {
    let name = fresh_name();
    let five = five(&name).await;
    lose_after(&name, 2, 5).await;
    lose_notes(&name);
    let other = plain(&name).await;
    append(&other, [11]).await;
    other.close();
    let store = open(&name).await;
    assert_eq!(store.recovery(), told(Loss::Shortened, 0, 0, 3, true));
    has_set_aside(&store, &five).await;
    assert_eq!(next(&store).await, 6);
    store.close();
    let other = plain(&name).await;
    assert_eq!(next(&other).await, 6);
    end(other).await;
}

/// Six events with a second copy: that, once the tab is closed.
async fn six(name: &str) -> Vec<u8> {
    let store = open(name).await;
    append(&store, 1..=6).await;
    store.close();
    journal_bytes(name).await
}

/// The entries of these numbers, of six that are alike, have a bad bit each.
fn spoil(bytes: &mut [u8], numbers: impl IntoIterator<Item = usize>) {
    let entry = (bytes.len() - 256) / 6;
    for number in numbers {
        bytes[256 + number * entry - 20] ^= 0x10;
    }
}

#[wasm_bindgen_test]
async fn what_a_journal_says_to_hold_behind_its_last_whole_entry_is_told_as_lost() {
    for (spoilt, restored) in [(6..=6, 5), (3..=6, 2), (1..=6, 0)] {
        let name = fresh_name();
        let mut bytes = six(&name).await;
        spoil(&mut bytes, spoilt);
        set_journal_bytes(&name, &bytes).await;
        lose_database(&name).await;
        lose_notes(&name);
        let store = open(&name).await;
        let lost = 6 - restored;
        assert_eq!(
            store.recovery(),
            told(Loss::Deleted, restored, lost, 0, true)
        );
        assert_eq!(everything(&store).await.len() as u64, restored);
        assert_eq!(next(&store).await, 7);
        end(store).await;
    }
}

#[wasm_bindgen_test]
async fn what_the_end_of_a_journal_lost_is_not_told_where_the_database_has_it() {
    for spoilt in [6..=6, 1..=6] {
        let name = fresh_name();
        let mut bytes = six(&name).await;
        spoil(&mut bytes, spoilt);
        set_journal_bytes(&name, &bytes).await;
        let store = open(&name).await;
        assert_eq!(store.recovery(), None);
        append(&store, [7]).await;
        store.close();
        journal_bytes(&name).await;
        lose_database(&name).await;
        let store = open(&name).await;
        assert_eq!(store.recovery(), told(Loss::Deleted, 7, 0, 0, true));
        assert_eq!(next(&store).await, 8);
        end(store).await;
    }
}

#[wasm_bindgen_test]
async fn what_was_emptied_is_not_told_as_lost_with_the_end_of_a_journal() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=6).await;
    store.reset(&[]).await.unwrap();
    append(&store, 7..=8).await;
    store.close();
    let mut bytes = journal_bytes(&name).await;
    let end_of_last = bytes.len() - 20;
    bytes[end_of_last] ^= 0x10;
    set_journal_bytes(&name, &bytes).await;
    lose_database(&name).await;
    lose_notes(&name);
    let store = open(&name).await;
    assert_eq!(store.recovery(), told(Loss::Deleted, 1, 1, 0, true));
    assert_eq!(everything(&store).await, [recorded(7, 1, 7)]);
    end(store).await;
}

#[wasm_bindgen_test]
async fn an_entry_that_was_begun_and_never_finished_is_no_loss() {
    let name = fresh_name();
    five(&name).await;
    let mut begun = journal_bytes(&name).await;
    let finished = begun.len();
    let store = open(&name).await;
    append(&store, [6]).await;
    store.close();
    let after = journal_bytes(&name).await;
    begun.extend_from_slice(&after[finished..after.len() - 20]);
    set_journal_bytes(&name, &begun).await;
    lose_database(&name).await;
    lose_notes(&name);
    let store = open(&name).await;
    assert_eq!(store.recovery(), told(Loss::Deleted, 5, 0, 0, true));
    end(store).await;
}

#[wasm_bindgen_test]
async fn an_open_tab_hears_that_another_history_began_since_events_were_lost() {
    let name = fresh_name();
    five(&name).await;
    lose_journal(&name).await;
    lose_after(&name, 2, 5).await;
    let before = plain(&name).await;
    let last = before.last_position().await.unwrap();
    assert_eq!(last.place.0, 2);
    let mut waiting = Box::pin(before.changed(last.place, Some(last.history)));
    assert_eq!(within(300, waiting.as_mut()).await, None);

    let store = open(&name).await;
    assert_eq!(store.recovery(), told(Loss::Shortened, 0, 3, 0, true));
    let now = store.last_position().await.unwrap().history;
    let changed = StoreError::HistoryChanged {
        known: Some(last.history),
        now,
    };
    assert_eq!(soon(waiting).await, Err(changed.clone()));
    let expected = ExpectedVersion::Exact(Version(2));
    let (stream, batch) = (ada(), [event(11)]);
    let appended = before.append(&stream, expected, Some(last.history), &batch);
    assert_eq!(appended.await, Err(AppendError::Store(changed)));
    assert_eq!(next(&before).await, 6);
    let appended = before.append(&stream, expected, Some(now), &batch);
    assert_eq!(appended.await.unwrap(), [recorded(11, 3, 6)]);
    before.close();
    end(store).await;
}
