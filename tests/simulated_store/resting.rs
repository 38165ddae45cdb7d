//! How a run comes to rest: in the end all can be asked, and what must hold then does.

use std::rc::Rc;

use eventloom::core::RecordedEvent;
use eventloom::log::journal::Entry;

use super::copying::file;
use super::database::Database;
use super::reading::walked;
use super::tab::Tab;
use super::world::World;

/// Everybody goes; then all can be asked, and a page opens the store, twice.
pub fn come_to_rest(world: &Rc<World>) {
    world.end_all();
    world.laws_hold("at rest");
    world.is_resting.set(true);
    world.are_files_denied.set(false);
    world.is_storage_denied.set(false);
    for time in 1..=2 {
        let Some(tab) = open_at_rest(world, time) else {
            return;
        };
        tab.close();
        while world.scheduler.step(world.choices()) {}
        world.tabs.borrow_mut().clear();
    }
    both_are_one(world);
    let aside = world.aside();
    let here = world.disk.borrow().database.as_ref().map(Database::ids);
    let mut here = here.unwrap_or_default();
    let laws = world.laws.borrow();
    if laws.was_headless {
        // Both have the same chains: what is missing shows as damage, and is mended from the journal by hand.
        here.extend(file(world, |copy| copy.ids()));
    }
    // A journal that is filled anew has a filled hole before it has what says so: an older copy of the database, which
    // has the hole, doesn't get it from there. It is mended by hand.
    let copy = file(world, |copy| copy.ids());
    here.extend(copy.into_iter().filter(|event| laws.is_fill(event)));
    let missing = laws
        .wanted()
        .find(|event| !here.contains(event) && !aside.contains(event));
    let missing = missing.map(|event| event.0);
    drop(laws);
    if let Some(event) = missing {
        let text = format!("{event} is neither in the store nor set aside");
        world.wrong("what a copy had is there, or set aside", text);
        return;
    }
    if let Some(tab) = open_at_rest(world, 3) {
        empty_at_rest(world, &tab);
    }
}

/// A page opens the store, and does all that it has to; none where that isn't as it should be.
fn open_at_rest(world: &Rc<World>, time: u32) -> Option<Rc<Tab>> {
    let tab = Tab::new(world, true);
    world.tell(|| format!("tab {} opens at rest, time {time}", tab.id));
    world.tabs.borrow_mut().push(Rc::clone(&tab));
    does_at_rest(world, &tab, |tab| async move { tab.open().await });
    if !world.is_wrong() {
        tab.status_is_true();
        world.laws_hold("opened at rest");
    }
    (!world.is_wrong()).then_some(tab)
}

/// A tab does something, and everybody all that comes of it.
fn does_at_rest<F>(world: &World, tab: &Rc<Tab>, does: impl FnOnce(Rc<Tab>) -> F)
where
    F: Future<Output = ()> + 'static,
{
    tab.spawn(does(Rc::clone(tab)));
    let mut steps = 0;
    while !world.is_wrong() && world.scheduler.step(world.choices()) {
        steps += 1;
        if steps > 2_000 {
            return world.wrong("it comes to rest", format!("{steps} steps"));
        }
    }
}

/// A person empties the store, undoes it, empties it again, and five minutes are over.
fn empty_at_rest(world: &Rc<World>, tab: &Rc<Tab>) {
    let now = || world.disk.borrow().database.clone().unwrap_or_default();
    let before = now();
    let reset = |tab: Rc<Tab>| async move { tab.reset(true).await };
    does_at_rest(world, tab, reset);
    let token = world.tokens.borrow().last().cloned();
    if let Some(token) = token {
        does_at_rest(world, tab, |tab| async move { tab.undo(token).await });
    }
    let (ours, history) = (before.events(), before.history());
    if !world.is_wrong() && (!ours.eq(now().events()) || history != now().history()) {
        let text = format!("the log is {}", world.log_in_short());
        world.wrong("what nothing came after can be undone", text);
    }
    does_at_rest(world, tab, reset);
    does_at_rest(world, tab, |tab| async move { tab.sweep_in_time() });
    if !world.is_wrong() {
        both_are_one(world);
    }
}

/// At rest the second copy holds what the database does, and neither what was emptied.
fn both_are_one(world: &World) {
    let disk = world.disk.borrow();
    let Some(database) = &disk.database else {
        return;
    };
    let is_rotten = file(world, |copy| copy.is_rotten);
    let mut laws = world.laws.borrow_mut();
    if laws.was_headless {
        // What was noted of it is gone, and nobody compares all of what is left.
        return;
    }
    let emptied = database.emptied();
    let before = database.log.range(..emptied);
    if before
        .flat_map(|(_, record)| record.content.events())
        .next()
        .is_some()
    {
        let text = format!("the log has what stood before {emptied}");
        laws.wrong("what was emptied is swept", text);
    }
    // What is damaged counts as one event, so that nobody knows how many there are too many.
    if is_rotten || database.damaged().next().is_some() {
        return;
    }
    let copy = file(world, |copy| walked(&copy.bytes));
    let is_before = |entry: &&Entry<'_>| entry.segment < emptied && entry.events() != Ok(0);
    if let Some(entry) = copy.entries.iter().find(is_before) {
        let text = format!("the journal has {}, which {emptied} emptied", entry.segment);
        laws.wrong("what was emptied is swept", text);
    }
    let held = file(world, |copy| copy.log());
    let ours: Vec<_> = database.events().cloned().collect();
    // See below: the journal may have what fills a hole, but not the other way round.
    let is_same = |(one, other): (&RecordedEvent, &RecordedEvent)| one == other || other.fills(one);
    if ours.len() != held.1.len() || !ours.iter().zip(&held.1).all(is_same) {
        let (ours, theirs) = (database.ids().len(), held.1.len());
        let text = format!("{ours} events here, and {theirs} there");
        laws.wrong("both copies hold the same at rest", text);
    }
}
