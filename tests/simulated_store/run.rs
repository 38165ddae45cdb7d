//! One run: what people, browsers and disks do, by choice; and in the end a quiet opening in which all can be
//! asked.

use std::rc::Rc;

use eventloom::log::journal::{MARKS, Mark};
use eventloom::sim::{Choices, Schedule, shrink};
use eventloom::store::judging::{Evidence, Verdict};

use super::database::{Content, Database};
use super::reading::start;
use super::resting::come_to_rest;
use super::tab::{Status, Tab};
use super::telling::numbers_in;
use super::world::{JOURNAL, OLDER, World};

/// So many tabs and workers at most.
const TABS: usize = 3;

/// So many steps at most, of which most are the tabs' own.
const STEPS: usize = 160;

/// What a run broke, and how it came to that.
#[derive(Clone, Debug)]
pub struct Failure {
    pub law: &'static str,
    pub text: String,
    pub told: Vec<String>,
}

pub type Judge = fn(&Evidence) -> Verdict;

/// Runs by these choices; what happens is told, or isn't, which takes half of the time.
pub fn run(choices: Choices, judge: Judge, is_told: bool) -> (Schedule, Option<Failure>) {
    let world = World::new(choices, judge, is_told);
    for _ in 0..STEPS {
        if world.is_wrong() {
            break;
        }
        let is_quiet = world.choices().choose(6) < 5;
        if is_quiet && world.scheduler.step(world.choices()) {
            continue;
        }
        happen(&world);
        for tab in world.tabs.borrow().iter() {
            tab.status_is_true();
        }
    }
    if !world.is_wrong() {
        come_to_rest(&world);
    }
    let schedule = world.choices.schedule();
    let failure = world.laws.borrow_mut().failure.take();
    for tab in world.tabs.take() {
        tab.die();
    }
    let told = world.told.as_ref().map(|told| told.take());
    let told = told.unwrap_or_default();
    let failure = failure.map(|(law, text)| Failure { law, text, told });
    (schedule, failure)
}

/// Runs, and makes a run small that fails; of the same law.
pub fn find(seed: u64, judge: Judge) -> Option<(Schedule, Failure)> {
    let (schedule, failure) = run(Choices::drawn(seed), judge, false);
    let failure = failure?;
    let law = failure.law;
    let (schedule, failure) = shrink(schedule, failure, |tried| {
        let (made, failure) = run(Choices::given(tried), judge, false);
        let failure = failure.filter(|failure| failure.law == law)?;
        Some((made, failure))
    });
    let told = run(Choices::given(&schedule), judge, true).1;
    Some((schedule, told.unwrap_or(failure)))
}

/// A tab of these, if there is one; the first where nothing is chosen.
fn one_of(world: &World, is_meant: impl Fn(&Tab) -> bool) -> Option<Rc<Tab>> {
    let tabs = world.tabs.borrow();
    let found: Vec<_> = tabs.iter().filter(|tab| is_meant(tab)).collect();
    let at = world.choices().choose(found.len());
    found.get(at).map(|tab| Rc::clone(tab))
}

fn is_open(tab: &Tab) -> bool {
    tab.was_opened.get() && tab.status.get() != Status::Ended
}

/// Something is done, or befalls.
fn happen(world: &Rc<World>) {
    let choices = world.choices();
    match choices.choose(33) {
        0 => {}
        1..=7 => {
            if let Some(tab) = one_of(world, is_open) {
                let (count, is_strict) = (1 + choices.choose(3) as u64, choices.choose(4) < 3);
                world.tell(|| format!("tab {}: appends {count}, strict: {is_strict}", tab.id));
                let does = Rc::clone(&tab);
                tab.spawn(async move { does.append(count, is_strict).await });
            } else {
                open(world, true);
            }
        }
        8..=11 => open(world, true),
        12 => open(world, false),
        13 => act(world, is_open, "imports", |tab| {
            let choices = tab.world.choices();
            let count = 1 + choices.choose(5);
            let hole = choices.once_in(3).then(|| choices.choose(count) as u64);
            let does = Rc::clone(tab);
            tab.spawn(async move { does.import(count as u64, hole).await });
        }),
        14 => act(world, is_open, "resets", |tab| {
            let does = Rc::clone(tab);
            let is_strict = tab.world.choices().choose(3) < 2;
            tab.spawn(async move { does.reset(is_strict).await });
        }),
        15 => act(world, is_open, "joins", |tab| {
            let does = Rc::clone(tab);
            tab.spawn(async move { does.join().await });
        }),
        16 | 17 => act(world, is_open, "closes", Tab::close),
        18 => act(
            world,
            |_| true,
            "crashes",
            |tab| {
                tab.die();
                let id = tab.id;
                tab.world.tabs.borrow_mut().retain(|tab| tab.id != id);
            },
        ),
        19 => act(
            world,
            |_| true,
            "freezes or wakes",
            |tab| {
                let (page, worker) = super::world::groups(tab.id);
                let scheduler = &tab.world.scheduler;
                match scheduler.is_frozen(page) {
                    true => [page, worker].map(|group| scheduler.thaw(group)),
                    false => [page, worker].map(|group| scheduler.freeze(group)),
                };
            },
        ),
        20 => act(
            world,
            |_| true,
            "loses its worker",
            |tab| {
                tab.world.scheduler.end(super::world::groups(tab.id).1);
            },
        ),
        21 => {
            world.are_files_denied.set(!world.are_files_denied.get());
            world.tell(|| format!("files denied: {}", world.are_files_denied.get()));
        }
        22 => {
            world.is_storage_denied.set(!world.is_storage_denied.get());
            world.tell(|| format!("storage denied: {}", world.is_storage_denied.get()));
        }
        23 => {
            let mut storage = world.storage.borrow_mut();
            storage.written = storage.noted;
            let mut disk = world.disk.borrow_mut();
            if !disk.is_headless {
                let now = disk.database.clone();
                disk.backups.extend(now);
            }
        }
        24 => delete_the_database(world),
        25 => world.kill_all(),
        26 => {
            world.kill_all();
            befall_the_database(world);
        }
        27 | 28 => {
            let tokens = world.tokens.borrow().clone();
            // The last one where nothing is chosen.
            let token = tokens
                .iter()
                .rev()
                .nth(choices.choose(tokens.len()))
                .cloned();
            if let Some(token) = token {
                act(world, is_open, "undoes", |tab| {
                    let does = Rc::clone(tab);
                    tab.spawn(async move { does.undo(token).await });
                });
            }
        }
        29 => act(
            world,
            |tab| is_open(tab) && tab.sweeping.is_timed(),
            "sweeps in its time",
            Tab::sweep_in_time,
        ),
        30 => act(world, is_open, "fills a hole", |tab| {
            let does = Rc::clone(tab);
            tab.spawn(async move { does.fill().await });
        }),
        31 => {
            world.kill_all();
            damage_a_record(world);
        }
        _ => {
            world.kill_all();
            befall_the_journal(world);
        }
    }
}

fn act(world: &Rc<World>, is_meant: impl Fn(&Tab) -> bool, what: &str, act: impl FnOnce(&Rc<Tab>)) {
    if let Some(tab) = one_of(world, is_meant) {
        world.tell(|| format!("tab {}: {what}", tab.id));
        act(&tab);
    }
}

fn open(world: &Rc<World>, has_journal: bool) {
    world
        .tabs
        .borrow_mut()
        .retain(|tab| tab.status.get() != Status::Ended);
    if world.tabs.borrow().len() >= TABS {
        return;
    }
    let tab = Tab::new(world, has_journal);
    world.tell(|| format!("tab {} opens, journal: {has_journal}", tab.id));
    world.tabs.borrow_mut().push(Rc::clone(&tab));
    let does = Rc::clone(&tab);
    tab.spawn(async move { does.open().await });
}

/// The browser deletes it, whoever has it open.
fn delete_the_database(world: &Rc<World>) {
    world.befall("the database is deleted", |world| {
        let mut disk = world.disk.borrow_mut();
        disk.database = None;
        disk.become_another();
    });
    for tab in world.tabs.borrow().iter().filter(|tab| is_open(tab)) {
        let does = Rc::clone(tab);
        tab.spawn(async move {
            does.pause().await;
            if does
                .journal
                .as_ref()
                .is_some_and(|journal| journal.is_here())
            {
                let _ = does.database().await;
            }
        });
    }
}

fn befall_the_database(world: &World) {
    world.befall("the database is another", |world| {
        let choices = world.choices();
        let mut disk = world.disk.borrow_mut();
        disk.become_another();
        let count = disk.backups.len();
        match choices.choose(5) {
            0 => disk.is_now(None),
            1 if count > 0 => {
                let backup = disk.backups[choices.choose(count)].clone();
                disk.is_now(Some(backup));
            }
            // A database that is made, in which some records are found again.
            2 => {
                let keep = choices.choose(3);
                if let Some(database) = &mut disk.database {
                    let last = database.log.keys().nth_back(keep).copied();
                    *database = Database {
                        log: std::mem::take(&mut database.log),
                        ..Database::default()
                    };
                    database.log.retain(|number, _| Some(*number) > last);
                    (disk.is_found_again, disk.is_headless) = (true, true);
                    world.laws.borrow_mut().was_headless = true;
                }
            }
            // Its end as it was some transactions ago.
            3 if !disk.recent.is_empty() => {
                let at = choices.choose(disk.recent.len());
                let before = disk.recent.swap_remove(at);
                disk.is_now(Some(before));
            }
            // The last events, and nothing else that went with them. What takes events back leaves nothing of them in
            // the same transaction, so it doesn't go alone.
            _ => {
                let lose = 1 + choices.choose(3);
                if let Some(database) = &mut disk.database {
                    for _ in 0..lose {
                        let last = database.log.last_entry();
                        let last = last.filter(|last| !last.get().content.events().is_empty());
                        last.map(|last| last.remove());
                    }
                }
            }
        }
        disk.recent.clear();
    });
}

/// One of the database's records can't be read any more.
fn damage_a_record(world: &World) {
    world.befall("a record is damaged", |world| {
        let mut disk = world.disk.borrow_mut();
        disk.become_another();
        disk.recent.clear();
        let Some(database) = &mut disk.database else {
            return;
        };
        let records = database.log.values_mut();
        let mut whole: Vec<_> = records
            .filter(|record| !record.content.events().is_empty())
            .collect();
        let at = world.choices().choose(whole.len());
        if let Some(record) = whole.get_mut(at) {
            let events = record.content.events().iter();
            let events: Vec<_> = events.map(|event| event.event_id).collect();
            // Also where it was emptied already.
            world.laws.borrow_mut().gone.extend(&events);
            Rc::make_mut(record).content = Content::Damaged(events);
        }
    });
}

fn befall_the_journal(world: &World) {
    world.befall("the journal is damaged", |world| {
        let choices = world.choices();
        let mut files = world.files.borrow_mut();
        let Some(file) = files.get_mut(JOURNAL) else {
            return;
        };
        let before = numbers_in(&file.bytes);
        let marks = usize::try_from(MARKS).unwrap();
        let length = file.bytes.len();
        match choices.choose(4) {
            // Who has it open keeps others from removing it.
            0 if world.keeper.get().is_some() => return,
            0 => {
                files.remove(JOURNAL);
                // Then the one before is that of the highest epoch.
                let before = files.keys().rfind(|name| name.starts_with(OLDER)).cloned();
                if let Some(before) = before.and_then(|name| files.remove(&name)) {
                    files.insert(JOURNAL.to_owned(), before);
                }
                return;
            }
            1 => file.bytes.truncate(choices.choose(length + 1)),
            2 if length > marks => {
                // One entry is as likely as another, and its head as its body.
                let heads = super::reading::heads(&file.bytes);
                let at = match heads.get(choices.choose(heads.len() + 1)) {
                    Some(at) => at + choices.choose(2) * 44 + choices.choose(40),
                    None => marks + choices.choose(length - marks),
                };
                file.bytes[at.min(length - 1)] ^= 1 << choices.choose(8);
                // Else it is read whole once it is open.
                file.is_rotten = Mark::read(start(&file.bytes)).is_some_and(|mark| mark.is_ended);
                world.laws.borrow_mut().is_damaged = true;
            }
            _ => {
                let end = length.min(marks);
                file.bytes[..end].fill(0);
            }
        }
        let after = numbers_in(&file.bytes);
        let unread = before
            .into_iter()
            .filter(|(event, _)| !after.contains_key(event));
        file.unread.extend(unread);
        file.settle();
    });
    let claimed = world.claimed();
    world.laws.borrow_mut().says_no_more_than(claimed);
}
