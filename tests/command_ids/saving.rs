//! Saving an aggregate again, after a save that failed: the same batch, recorded once.

use super::*;
use eventloom::core::{AggregateRoot, NewEvent};
use proptest::prelude::*;
use unreliable::given_up;

type Account = AggregateRoot<BankAccount>;

/// Ada's account, with a deposit of 100 that isn't saved.
async fn with_a_deposit(accounts: &Accounts) -> Account {
    let mut root = accounts.load("ada").await.unwrap();
    root.execute(deposit(100)).unwrap();
    root
}

fn versions(recorded: &[RecordedEvent]) -> Vec<u64> {
    recorded.iter().map(|event| event.version.0).collect()
}

fn appends(accounts: &Accounts) -> usize {
    accounts.store().batches.lock().unwrap().len()
}

#[track_caller]
fn assert_saved(root: &Account, version: u64) {
    assert_eq!(root.committed_version(), Version(version));
    assert_eq!(root.version(), Version(version));
    assert!(root.uncommitted().is_empty() && root.sealed().is_empty());
}

// --- one batch --------------------------------------------------------------------------------

#[test]
fn saving_again_after_the_answer_was_lost_records_one_deposit() {
    block_on(async {
        let accounts = opened().await;
        let mut root = with_a_deposit(&accounts).await;
        accounts.store().next_append(Fault::AnswerLost);
        let answer = accounts.save(&mut root).await;
        let words = answer.as_ref().unwrap_err().to_string();
        assert!(words.contains("save the same aggregate again"), "{words}");
        assert_unknown(answer);
        let held = log(&accounts).await;

        let recorded = accounts.save(&mut root).await.unwrap();

        assert_eq!(recorded, held[1..]);
        assert_eq!(log(&accounts).await, held);
        assert_eq!(balance(&accounts).await, 100);
        assert_saved(&root, 2);
    });
}

#[test]
fn a_save_brings_its_snapshot_with_its_last_batch() {
    block_on(async {
        let every = SnapshotPolicy::Every(NonZeroU64::new(2).unwrap());
        let accounts = opened().await.with_snapshots(every);
        let asked = || accounts.store().with_snapshots.lock().unwrap().clone();
        let mut root = with_a_deposit(&accounts).await;
        root.execute(deposit(7)).unwrap();
        accounts.store().next_append(Fault::NotReached);
        assert_unknown(accounts.save(&mut root).await);
        assert_eq!(asked(), [(2, Version(3))]);
        let ada = stream("bank_account", "ada");
        assert_eq!(accounts.store().snapshot(&ada).await, Ok(None));
        // What was in doubt isn't the last of it by now: the state is that of later events too.
        root.execute(deposit(1)).unwrap();
        let recorded = accounts.save(&mut root).await.unwrap();
        assert_eq!(versions(&recorded), [2, 3, 4]);
        assert_eq!(asked(), [(2, Version(3)), (1, Version(4))]);
        let kept = accounts.store().snapshot(&ada).await.unwrap().unwrap();
        assert_eq!(kept.version, Version(4));
        assert_eq!(kept.event_id, recorded[2].event_id);
        assert_eq!(
            kept.state.read::<serde_json::Value>().unwrap()["balance"],
            108
        );
        // None where no multiple of two is crossed.
        root.execute(deposit(1)).unwrap();
        accounts.save(&mut root).await.unwrap();
        assert_eq!(asked().len(), 2);
    });
}

#[test]
fn it_is_found_though_others_have_appended_since() {
    block_on(async {
        let accounts = opened().await;
        let mut root = with_a_deposit(&accounts).await;
        accounts.store().next_append(Fault::AnswerLost);
        assert_unknown(accounts.save(&mut root).await);
        accounts.execute("ada", deposit(20)).await.unwrap();

        let recorded = accounts.save(&mut root).await.unwrap();

        assert_eq!(versions(&recorded), [2]);
        assert_saved(&root, 2);
        assert_eq!(balance(&accounts).await, 120);
    });
}

#[test]
fn a_batch_keeps_its_ids_times_and_conversation_until_it_is_recorded() {
    block_on(async {
        let accounts = opened().await;
        let mut root = with_a_deposit(&accounts).await;
        root.execute(deposit(7)).unwrap();
        assert!(root.sealed().is_empty());
        accounts.store().next_append(Fault::NotReached);
        assert_unknown(accounts.save(&mut root).await);
        let sealed = root.sealed().to_vec();

        let recorded = accounts.save(&mut root).await.unwrap();

        let appended: Vec<NewEvent> = recorded
            .into_iter()
            .map(|event| NewEvent {
                event_id: event.event_id,
                event_type: event.event_type,
                schema_version: event.schema_version,
                data: event.data,
                timestamp: event.timestamp,
                metadata: event.metadata,
            })
            .collect();
        assert_eq!(appended, sealed);
        assert_eq!(balance(&accounts).await, 107);
    });
}

#[test]
fn a_save_that_nobody_waited_for_is_found_as_well() {
    block_on(async {
        let accounts = opened().await;
        let mut root = with_a_deposit(&accounts).await;
        accounts.store().next_append(Fault::Unanswered);
        given_up(accounts.save(&mut root)).await;
        root.execute(deposit(7)).unwrap();

        let recorded = accounts.save(&mut root).await.unwrap();

        assert_eq!(versions(&recorded), [2, 3]);
        assert_eq!(balance(&accounts).await, 107);
    });
}

#[test]
fn a_failure_that_says_nothing_of_an_earlier_try_leaves_the_outcome_unknown() {
    block_on(async {
        let accounts = opened().await;
        let mut root = with_a_deposit(&accounts).await;
        for fault in [Fault::AnswerLost, Fault::NoRoom, Fault::NotReached] {
            accounts.store().next_append(fault);
            let answer = accounts.save(&mut root).await;
            assert!(answer.unwrap_err().outcome_is_unknown());
        }

        let recorded = accounts.save(&mut root).await.unwrap();

        assert_eq!(versions(&recorded), [2]);
        assert_eq!(balance(&accounts).await, 100);
    });
}

#[test]
fn a_clone_of_an_aggregate_that_was_saved_once_saves_the_same_batch() {
    block_on(async {
        let accounts = opened().await;
        let mut root = with_a_deposit(&accounts).await;
        accounts.store().next_append(Fault::NotReached);
        assert_unknown(accounts.save(&mut root).await);
        let mut clone = root.clone();

        let recorded = accounts.save(&mut root).await.unwrap();

        assert_eq!(accounts.save(&mut clone).await.unwrap(), recorded);
        assert_eq!(balance(&accounts).await, 100);
    });
}

// --- events that are raised after a save that failed ------------------------------------------

#[test]
fn what_is_raised_after_a_save_that_was_recorded_is_recorded_behind_it() {
    block_on(async {
        let accounts = opened().await;
        let mut root = with_a_deposit(&accounts).await;
        accounts.store().next_append(Fault::AnswerLost);
        assert_unknown(accounts.save(&mut root).await);
        let held = log(&accounts).await;
        root.execute(deposit(7)).unwrap();

        let recorded = accounts.save(&mut root).await.unwrap();

        assert_eq!(versions(&recorded), [2, 3]);
        assert_eq!(recorded[0], held[1]);
        assert_eq!(balance(&accounts).await, 107);
        assert_saved(&root, 3);
    });
}

#[test]
fn what_is_raised_after_a_save_that_was_not_recorded_is_recorded_behind_it() {
    block_on(async {
        let accounts = opened().await;
        let mut root = with_a_deposit(&accounts).await;
        accounts.store().next_append(Fault::NotReached);
        assert_unknown(accounts.save(&mut root).await);
        let sealed = root.sealed().to_vec();
        root.execute(deposit(7)).unwrap();
        assert_eq!(root.sealed(), sealed);

        let recorded = accounts.save(&mut root).await.unwrap();

        assert_eq!(versions(&recorded), [2, 3]);
        assert_eq!(recorded[0].event_id, sealed[0].event_id);
        assert_eq!(balance(&accounts).await, 107);
        assert_saved(&root, 3);
    });
}

#[test]
fn a_conflict_of_what_was_raised_since_does_not_undo_what_was_recorded_before() {
    block_on(async {
        let accounts = opened().await;
        let mut root = with_a_deposit(&accounts).await;
        accounts.store().next_append(Fault::AnswerLost);
        assert_unknown(accounts.save(&mut root).await);
        accounts.execute("ada", deposit(20)).await.unwrap();
        root.execute(deposit(7)).unwrap();

        let answer = accounts.save(&mut root).await;

        // The deposit of 100 is version 2, the other's version 3, and this one's 7 aren't there.
        let (expected, actual) = (ExpectedVersion::Exact(Version(2)), Version(3));
        let stream = stream("bank_account", "ada");
        let conflict = AppendError::Conflict {
            stream,
            expected,
            actual,
        };
        assert_eq!(answer, Err(ExecuteError::Append(conflict)));
        assert_eq!(root.committed_version(), Version(2));
        assert_eq!(root.uncommitted(), [deposited(7)]);
        assert_eq!(balance(&accounts).await, 120);
        // Load again, decide again: each is recorded once.
        accounts.execute("ada", deposit(7)).await.unwrap();
        assert_eq!(balance(&accounts).await, 127);
    });
}

#[test]
fn after_a_conflict_nothing_is_recorded_though_an_earlier_outcome_was_unknown() {
    block_on(async {
        let accounts = opened().await;
        let mut root = with_a_deposit(&accounts).await;
        accounts.store().next_append(Fault::NotReached);
        assert_unknown(accounts.save(&mut root).await);
        accounts.execute("ada", deposit(20)).await.unwrap();
        root.execute(deposit(7)).unwrap();

        for _ in 0..2 {
            assert_conflict(&accounts.save(&mut root).await);
            assert_eq!(root.committed_version(), Version(1));
            assert_eq!(root.uncommitted(), [deposited(100), deposited(7)]);
            assert_eq!(balance(&accounts).await, 20);
        }
    });
}

#[test]
fn what_is_raised_after_a_save_that_wrote_nothing_is_appended_with_it_at_once() {
    block_on(async {
        let accounts = opened().await;
        let mut root = with_a_deposit(&accounts).await;
        accounts.store().next_append(Fault::NoRoom);
        let answer = accounts.save(&mut root).await;
        assert_eq!(answer, Err(ExecuteError::Append(StoreError::Full.into())));
        let sealed = root.sealed().to_vec();
        root.execute(deposit(7)).unwrap();
        let before = appends(&accounts);

        let recorded = accounts.save(&mut root).await.unwrap();

        assert_eq!(appends(&accounts) - before, 1);
        assert_eq!(versions(&recorded), [2, 3]);
        assert_eq!(recorded[0].event_id, sealed[0].event_id);
        assert_eq!(recorded[0].metadata, recorded[1].metadata);
    });
}

#[test]
fn a_snapshot_is_kept_when_a_save_that_is_sent_again_crosses_a_multiple() {
    block_on(async {
        let every = SnapshotPolicy::Every(NonZeroU64::new(2).unwrap());
        let accounts = opened().await.with_snapshots(every);
        let mut root = with_a_deposit(&accounts).await;
        accounts.store().next_append(Fault::AnswerLost);
        assert_unknown(accounts.save(&mut root).await);
        root.execute(deposit(7)).unwrap();
        let recorded = accounts.save(&mut root).await.unwrap();

        let ada = stream("bank_account", "ada");
        let snapshot = accounts.store().snapshot(&ada).await.unwrap().unwrap();
        let last = (snapshot.version, snapshot.event_id);
        assert_eq!(last, (Version(3), recorded[1].event_id));
        assert_eq!(balance(&accounts).await, 107);
    });
}

#[test]
fn after_a_reset_an_unknown_outcome_is_still_unknown_and_the_words_do_not_lead_in_a_circle() {
    block_on(async {
        let accounts = opened().await;
        let mut root = with_a_deposit(&accounts).await;
        accounts.store().next_append(Fault::AnswerLost);
        accounts.store().next_append(Fault::Emptied);
        assert_unknown(accounts.save(&mut root).await);

        let error = accounts.save(&mut root).await.unwrap_err();

        assert!(error.outcome_is_unknown());
        let words = error.to_string();
        assert!(words.contains("load it again, and look"), "{words}");
        assert_eq!(root.sealed().len(), 1);
    });
}

// --- any of these, in any order ---------------------------------------------------------------

#[derive(Clone, Debug)]
enum Step {
    Raise(i64),
    Save(Option<Fault>),
}

fn step() -> impl Strategy<Value = Step> {
    let fault = prop_oneof![
        Just(Fault::AnswerLost),
        Just(Fault::Unanswered),
        Just(Fault::NotReached),
        Just(Fault::NoRoom),
    ];
    prop_oneof![
        (1..1_000_i64).prop_map(Step::Raise),
        proptest::option::of(fault).prop_map(Step::Save),
    ]
}

proptest! {
    #[test]
    fn whatever_fails_and_whatever_is_raised_meanwhile_each_event_is_recorded_once(
        steps in prop::collection::vec(step(), 0..30),
    ) {
        block_on(async {
            let accounts = opened().await;
            let mut root = accounts.load("ada").await.unwrap();
            let mut raised = Vec::new();
            let mut told = Vec::new();
            for step in steps {
                match step {
                    Step::Raise(amount) => {
                        root.execute(deposit(amount)).unwrap();
                        raised.push(deposited(amount));
                    }
                    // What has nothing to append meets no fault.
                    Step::Save(fault) if !root.uncommitted().is_empty() => {
                        let unanswered = matches!(fault, Some(Fault::Unanswered));
                        fault.into_iter().for_each(|fault| accounts.store().next_append(fault));
                        match unanswered {
                            true => given_up(accounts.save(&mut root)).await,
                            false => told.extend(accounts.save(&mut root).await.unwrap_or_default()),
                        }
                    }
                    Step::Save(_) => {}
                }
            }
            told.extend(accounts.save(&mut root).await.unwrap());

            let log = log(&accounts).await.split_off(1);
            let recorded: Vec<_> = log
                .iter()
                .map(|event| BankAccount.decode(event).unwrap())
                .collect();
            assert_eq!(recorded, raised);
            assert_saved(&root, 1 + raised.len() as u64);
            // None is told twice; those of a save that failed on the way may be told never.
            assert!(told.windows(2).all(|two| two[0].version < two[1].version));
            assert!(told.iter().all(|event| log.contains(event)));
        });
    }
}
