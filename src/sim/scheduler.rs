//! Tasks, of which one at a time goes on by one step: which one is chosen.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::choices::Choices;

/// Who a task belongs to: all tasks of a group end, stand still and go on together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group(pub u32);

/// Runs tasks. A step of a task goes from one [`Scheduler::pause`] to the next, and nothing else happens
/// within it. A task waits for nothing but what the scheduler offers. Clones are the same scheduler.
#[derive(Clone, Default)]
pub struct Scheduler(Rc<Inner>);

#[derive(Default)]
struct Inner {
    tasks: RefCell<Vec<Task>>,
    /// Those that were added while one was being polled.
    added: RefCell<Vec<Task>>,
    /// What the task that is being polled waits for next.
    waits: RefCell<Option<Waits>>,
    /// Whether what it waited for didn't come.
    is_late: Cell<bool>,
    frozen: RefCell<Vec<Group>>,
    /// Those to be ended once none is being polled.
    ended: RefCell<Vec<Group>>,
    is_polling: Cell<bool>,
    /// Where the task stands that is next in turn.
    next: Cell<usize>,
}

struct Task {
    group: Group,
    future: Pin<Box<dyn Future<Output = ()>>>,
    waits: Waits,
}

enum Waits {
    /// For its turn alone.
    Turn,
    /// Until this holds.
    Until(Box<dyn Fn() -> bool>),
    /// The same, but not for ever.
    OrLate(Box<dyn Fn() -> bool>),
}

impl fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.tasks.borrow().len();
        f.debug_struct("Scheduler")
            .field("tasks", &count)
            .finish_non_exhaustive()
    }
}

impl Scheduler {
    /// How seldom somebody runs out of patience while others could go on: once in so many steps.
    const PATIENCE: usize = 12;

    /// A scheduler without tasks.
    #[must_use]
    pub fn new() -> Scheduler {
        Scheduler::default()
    }

    /// Adds a task.
    pub fn spawn(&self, group: Group, future: impl Future<Output = ()> + 'static) {
        let task = Task {
            group,
            future: Box::pin(future),
            waits: Waits::Turn,
        };
        match self.0.is_polling.get() {
            true => self.0.added.borrow_mut().push(task),
            false => self.0.tasks.borrow_mut().push(task),
        }
    }

    /// Ends all tasks of a group where they stand: what they hold is dropped. Those of the group that is
    /// being polled end after this step.
    pub fn end(&self, group: Group) {
        self.thaw(group);
        self.0.ended.borrow_mut().push(group);
        if !self.0.is_polling.get() {
            self.drop_ended();
        }
    }

    /// Ends all tasks of every group that has any, as [`end`](Self::end) does.
    pub fn end_all(&self) {
        let groups: Vec<Group> = self
            .0
            .tasks
            .borrow()
            .iter()
            .map(|task| task.group)
            .collect();
        groups.into_iter().for_each(|group| self.end(group));
    }

    fn drop_ended(&self) {
        loop {
            let ended = std::mem::take(&mut *self.0.ended.borrow_mut());
            if ended.is_empty() {
                return;
            }
            let mut tasks = self.0.tasks.borrow_mut();
            let (gone, left) = tasks
                .drain(..)
                .partition(|task| ended.contains(&task.group));
            *tasks = left;
            drop(tasks);
            // What is dropped may add tasks, or end others.
            let gone: Vec<Task> = gone;
            drop(gone);
        }
    }

    /// Stops all tasks of a group where they stand, until it thaws.
    pub fn freeze(&self, group: Group) {
        if !self.is_frozen(group) {
            self.0.frozen.borrow_mut().push(group);
        }
    }

    /// Lets a group go on.
    pub fn thaw(&self, group: Group) {
        self.0.frozen.borrow_mut().retain(|frozen| *frozen != group);
    }

    /// Whether a group stands still.
    #[must_use]
    pub fn is_frozen(&self, group: Group) -> bool {
        self.0.frozen.borrow().contains(&group)
    }

    /// Lets others go first: here a step ends.
    pub async fn pause(&self) {
        self.wait(Waits::Turn).await;
    }

    /// Ends this step, and goes on once a condition holds.
    pub async fn until(&self, condition: impl Fn() -> bool + 'static) {
        self.wait(Waits::Until(Box::new(condition))).await;
    }

    /// The same, but not for ever: answers whether the condition holds.
    pub async fn until_or_late(&self, condition: impl Fn() -> bool + 'static) -> bool {
        !self.wait(Waits::OrLate(Box::new(condition))).await
    }

    /// Whether what it waited for didn't come.
    fn wait(&self, waits: Waits) -> impl Future<Output = bool> + use<> {
        let inner = Rc::clone(&self.0);
        let mut waits = Some(waits);
        poll_fn(move |_| match waits.take() {
            Some(waits) => {
                *inner.waits.borrow_mut() = Some(waits);
                Poll::Pending
            }
            None => Poll::Ready(inner.is_late.get()),
        })
    }

    /// Lets one task go on that can, which `choices` says: the choice 0 is the next in turn. Now and then
    /// somebody runs out of patience instead. False where nobody can go on.
    pub fn step(&self, choices: &Choices) -> bool {
        let (ready, patient) = self.candidates();
        let is_late = match (ready.is_empty(), patient.is_empty()) {
            (true, true) => return false,
            (false, true) => false,
            (true, false) => true,
            (false, false) => choices.once_in(Scheduler::PATIENCE),
        };
        let among = if is_late { patient } else { ready };
        let at = among[choices.choose(among.len())];
        self.poll(at, is_late);
        true
    }

    /// The tasks that can go on, and those that wait with patience: each in turn after the one that went on
    /// last.
    fn candidates(&self) -> (Vec<usize>, Vec<usize>) {
        let tasks = self.0.tasks.borrow();
        let frozen = self.0.frozen.borrow();
        let (mut ready, mut patient) = (Vec::new(), Vec::new());
        let first = self.0.next.get().min(tasks.len());
        for at in (first..tasks.len()).chain(0..first) {
            if frozen.contains(&tasks[at].group) {
                continue;
            }
            match &tasks[at].waits {
                Waits::Turn => ready.push(at),
                Waits::Until(holds) if holds() => ready.push(at),
                Waits::OrLate(holds) if holds() => ready.push(at),
                Waits::OrLate(_) => patient.push(at),
                Waits::Until(_) => {}
            }
        }
        (ready, patient)
    }

    fn poll(&self, at: usize, is_late: bool) {
        let mut task = self.0.tasks.borrow_mut().remove(at);
        self.0.is_late.set(is_late);
        self.0.is_polling.set(true);
        // Nothing wakes a task: it says what it waits for, and is looked at in each step.
        let mut context = Context::from_waker(Waker::noop());
        let polled = task.future.as_mut().poll(&mut context);
        self.0.is_polling.set(false);
        let waits = self.0.waits.borrow_mut().take();
        match polled {
            Poll::Ready(()) => {
                self.0.next.set(at);
                // What it held may add tasks while it goes.
                drop(task);
            }
            Poll::Pending => {
                task.waits = waits.unwrap_or(Waits::Turn);
                self.0.tasks.borrow_mut().insert(at, task);
                self.0.next.set(at + 1);
            }
        }
        let added = std::mem::take(&mut *self.0.added.borrow_mut());
        self.0.tasks.borrow_mut().extend(added);
        self.drop_ended();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Schedule;

    const ONE: Group = Group(1);
    const TWO: Group = Group(2);

    type Notes = Rc<RefCell<Vec<String>>>;

    fn counting(scheduler: &Scheduler, notes: &Notes, group: Group, name: &str) {
        let (paused, notes, name) = (scheduler.clone(), Rc::clone(notes), name.to_owned());
        scheduler.spawn(group, async move {
            for step in 1..=2 {
                notes.borrow_mut().push(format!("{name}{step}"));
                paused.pause().await;
            }
        });
    }

    fn run(scheduler: &Scheduler, choices: &Choices) {
        while scheduler.step(choices) {}
    }

    #[test]
    fn where_nothing_is_chosen_each_has_its_turn() {
        let (scheduler, notes) = (Scheduler::new(), Notes::default());
        counting(&scheduler, &notes, ONE, "a");
        counting(&scheduler, &notes, TWO, "b");
        run(&scheduler, &Choices::given(&Schedule::default()));
        let mut seen = notes.borrow().clone();
        assert_eq!(seen.len(), 4);
        assert_eq!(seen.split_off(2).concat().matches('2').count(), 2);
    }

    #[test]
    fn every_order_of_steps_can_be_chosen() {
        let orders: std::collections::BTreeSet<String> = (0..200)
            .map(|seed| {
                let (scheduler, notes) = (Scheduler::new(), Notes::default());
                counting(&scheduler, &notes, ONE, "a");
                counting(&scheduler, &notes, TWO, "b");
                run(&scheduler, &Choices::drawn(seed));
                notes.borrow().concat()
            })
            .collect();
        // Of two and two that each keep their own order: four over two.
        assert_eq!(orders.len(), 6, "{orders:?}");
    }

    #[test]
    fn who_waits_goes_on_when_it_holds_or_when_patience_is_over() {
        for late in [false, true] {
            let (scheduler, notes) = (Scheduler::new(), Notes::default());
            let is_there = Rc::new(Cell::new(false));
            let (waits, notes_of, there) =
                (scheduler.clone(), Rc::clone(&notes), Rc::clone(&is_there));
            scheduler.spawn(ONE, async move {
                let holds = Rc::clone(&there);
                let in_time = waits.until_or_late(move || holds.get()).await;
                notes_of.borrow_mut().push(in_time.to_string());
                waits.until(move || there.get()).await;
                notes_of.borrow_mut().push("there".to_owned());
            });
            let choices = Choices::given(&Schedule::default());
            assert!(scheduler.step(&choices));
            is_there.set(!late);
            assert!(scheduler.step(&choices));
            assert_eq!(*notes.borrow(), [(!late).to_string()]);
            assert_eq!(scheduler.step(&choices), !late);
            is_there.set(true);
            run(&scheduler, &choices);
            assert_eq!(notes.borrow().last().map(String::as_str), Some("there"));
        }
    }

    #[test]
    fn a_frozen_group_stands_still_and_an_ended_one_is_dropped() {
        let (scheduler, notes) = (Scheduler::new(), Notes::default());
        let held = Rc::new(());
        let of_one = Rc::clone(&held);
        let paused = scheduler.clone();
        scheduler.spawn(ONE, async move {
            let _held = of_one;
            loop {
                paused.pause().await;
            }
        });
        counting(&scheduler, &notes, TWO, "b");
        scheduler.freeze(TWO);
        let choices = Choices::drawn(1);
        for _ in 0..20 {
            assert!(scheduler.step(&choices));
        }
        assert!(notes.borrow().is_empty() && scheduler.is_frozen(TWO));
        scheduler.end(ONE);
        assert_eq!(Rc::strong_count(&held), 1);
        assert!(!scheduler.step(&choices));
        scheduler.thaw(TWO);
        run(&scheduler, &choices);
        assert_eq!(notes.borrow().concat(), "b1b2");
    }

    #[test]
    fn a_task_can_add_others_and_end_its_own_group() {
        let (scheduler, notes) = (Scheduler::new(), Notes::default());
        let (inner, notes_of) = (scheduler.clone(), Rc::clone(&notes));
        scheduler.spawn(ONE, async move {
            counting(&inner, &notes_of, TWO, "b");
            inner.end(ONE);
            inner.pause().await;
            notes_of.borrow_mut().push("never".to_owned());
        });
        run(&scheduler, &Choices::drawn(1));
        assert_eq!(notes.borrow().concat(), "b1b2");
    }
}
