//! Many writers at once: ten connections, as ten tabs have, and many appends of one.

use eventloom::browser::IndexedDbStore;
use eventloom::core::{ExpectedVersion, StreamId, Version};
use eventloom::store::AppendError;
use eventloom::store::conformance::Plain;
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

use crate::support::*;

const TABS: u64 = 10;
const COMMANDS: u64 = 100;

async fn ten_tabs() -> Vec<IndexedDbStore> {
    let first = fresh().await;
    let mut tabs = vec![first];
    while tabs.len() < TABS as usize {
        tabs.push(open(tabs[0].name()).await);
    }
    tabs
}

/// Appends so many events, each at the head that this tab sees; after a conflict it waits, longer each
/// time, and looks again. Answers with how many conflicts it met.
async fn work(store: &IndexedDbStore, stream: &StreamId, tab: u64) -> u64 {
    let mut conflicts = 0;
    for command in 0..COMMANDS {
        let batch = [event(tab * COMMANDS + command + 1)];
        let mut patience = 40.0;
        loop {
            jitter(patience).await;
            let head = store.version_of(stream).await.unwrap();
            let appended = store.record(stream, ExpectedVersion::Exact(head), &batch);
            match appended.await {
                Ok(recorded) => {
                    assert_eq!(recorded[0].version, head.next());
                    break;
                }
                Err(AppendError::Conflict { actual, .. }) => {
                    assert!(actual > head);
                    conflicts += 1;
                    patience *= 1.5;
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
    conflicts
}

async fn close(tabs: Vec<IndexedDbStore>) {
    let mut tabs = tabs.into_iter();
    let first = tabs.next().unwrap();
    tabs.for_each(|tab| tab.close());
    delete(first).await;
}

#[wasm_bindgen_test]
async fn ten_tabs_on_one_stream_lose_nothing_and_meet_few_conflicts() {
    let tabs = ten_tabs().await;
    let stream = ada();
    let working = (0..)
        .zip(&tabs)
        .map(|(number, tab)| work(tab, &stream, number));
    let conflicts: u64 = all(working).await.into_iter().sum();
    let held = everything(&tabs[0]).await;
    let versions: Vec<u64> = held.iter().map(|event| event.version.0).collect();
    assert_eq!(versions, (1..=TABS * COMMANDS).collect::<Vec<_>>());
    let mut numbers: Vec<u128> = held
        .iter()
        .map(|event| event.event_id.0.as_u128())
        .collect();
    numbers.sort_unstable();
    let sent: Vec<u128> = (1..=u128::from(TABS * COMMANDS)).collect();
    assert_eq!(numbers, sent);
    console_log!("{conflicts} conflicts");
    assert!(conflicts <= TABS * COMMANDS, "{conflicts} conflicts");
    for tab in &tabs {
        let read = tab.stream_events(&stream, Version::NONE, 2_000).await;
        assert_eq!(read.as_ref(), Ok(&held));
    }
    close(tabs).await;
}

#[wasm_bindgen_test]
async fn ten_tabs_on_ten_streams_meet_no_conflict() {
    let tabs = ten_tabs().await;
    let stream = |number: u64| StreamId::new("bank_account", format!("a{number}")).unwrap();
    let working = (0..).zip(&tabs).map(|(number, tab)| async move {
        for command in 0..COMMANDS {
            let expected = ExpectedVersion::Exact(Version(command));
            let batch = [event(number * COMMANDS + command + 1)];
            let appended = tab.record(&stream(number), expected, &batch).await;
            assert_eq!(appended.unwrap()[0].version, Version(command + 1));
        }
    });
    all(working).await;
    for tab in &tabs {
        for number in 0..TABS {
            assert_eq!(tab.version_of(&stream(number)).await, Ok(Version(COMMANDS)));
        }
    }
    let held = everything(&tabs[0]).await;
    assert_eq!(held.len() as u64, TABS * COMMANDS);
    assert!(held.is_sorted_by(|a, b| a.position < b.position));
    close(tabs).await;
}

#[wasm_bindgen_test]
async fn appends_that_nobody_waits_for_share_a_transaction_and_have_their_own_answers() {
    let store = fresh().await;
    let stream = |number: u64| StreamId::new("bank_account", format!("a{}", number % 100)).unwrap();
    store.version_of(&ada()).await.unwrap();
    let spy = Spy::on(&store, "");
    let batches: Vec<_> = (0..1_000)
        .map(|number| (stream(number), [event(number + 1)]))
        .collect();
    let appends = (0..).zip(&batches).map(|(number, (stream, batch))| {
        // Every seventh expects what isn't so.
        let expected = match number % 7 {
            6 => ExpectedVersion::Exact(Version(5_000)),
            _ => ExpectedVersion::Any,
        };
        store.append_as_it_is(stream, expected, batch)
    });
    let answers = all(appends).await.into_iter();
    let answers: Vec<_> = answers.map(|answer| answer.map(|at| at.place)).collect();
    let mut heads = [0_u64; 100];
    for (number, answer) in (0..).zip(&answers) {
        let head = &mut heads[number % 100];
        match answer {
            Ok(recorded) => {
                assert_ne!(number % 7, 6);
                *head += 1;
                assert_eq!(recorded[0].version, Version(*head));
                assert_eq!(recorded[0].event_id, event(number as u64 + 1).event_id);
            }
            Err(AppendError::Conflict { actual, .. }) => {
                assert_eq!(number % 7, 6);
                assert_eq!(*actual, Version(*head));
            }
            Err(error) => panic!("{error}"),
        }
    }
    let writes = spy.seen().matches("readwrite").count();
    assert!((1..=3).contains(&writes), "{writes} transactions");
    let recorded = answers.into_iter().filter_map(Result::ok).flatten();
    let again = open(store.name()).await;
    assert_eq!(everything(&again).await, recorded.collect::<Vec<_>>());
    again.close();
    delete(store).await;
}

#[wasm_bindgen_test]
async fn a_batch_that_is_sent_twice_at_once_is_recorded_once() {
    let store = fresh().await;
    let stream = ada();
    let (batch, any) = (events([1, 2]), ExpectedVersion::Any);
    let twice = all((0..2).map(|_| store.record(&stream, any, &batch))).await;
    let held = everything(&store).await;
    assert_eq!(held.len(), 2);
    for answer in twice {
        assert_eq!(answer.as_ref(), Ok(&held));
    }
    delete(store).await;
}
