//! What can happen next, and what it leads to.

use crate::properties::properties;
use crate::scene::Scene;
use crate::state::{
    Action, Ask, Client, Database, Id, Job, Known, Outcome, Person, Purpose, Request, Server, State,
};
use crate::{Variant, faults, rules};
use domain::admission::BookingStatus;
use stateright::{Model, Property};
use std::sync::Arc;

/// How many servers there are.
pub const SERVERS: Server = 2;

/// The protocol, or a wrong variant of it, in one of the scenes.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// Who asks for what, and what can go wrong.
    pub scene: Scene,
    /// What is different.
    pub variant: Variant,
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let client = Client { attempts: 0, target: None, known: Known::Idle, after: Vec::new() };
        vec![State {
            clock: self.scene.begins_at,
            database: Arc::new(self.scene.database()),
            locks: crate::Locks::default(),
            works: vec![None; faults::ORPHANS],
            queues: vec![Vec::new(); usize::from(SERVERS)],
            clients: vec![client; self.scene.asks.len()],
            faults: self.scene.faults,
            repeats: self.scene.repeats,
            overtaken: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (slot, work) in state.works.iter().enumerate() {
            let slot = rules::small(slot);
            let Some(work) = work else { continue };
            if self.can_step(state, slot, work) {
                actions.push(Action::Step(slot));
            }
            self.faults_of(state, slot, work, actions);
        }
        for server in self.servers_that_differ(state) {
            self.requests(state, server, actions);
            if self.may_tick(state, server) {
                actions.push(Action::Tick(server));
            }
        }
        for server in 0..SERVERS {
            let idle = state.works[usize::from(server) * 2].is_none();
            if idle && !state.queues[usize::from(server)].is_empty() {
                actions.push(Action::Take(server));
            }
            if state.faults > 0 && Self::is_at_work(state, server) {
                actions.push(Action::Crash(server));
            }
        }
        if state.clock < self.scene.ends_at {
            actions.push(Action::ClockTicks);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Send(request, server) => self.send(&mut state, request, server),
            Action::Tick(server) => {
                let tick = Job { request: None, attempt: 0, target: None };
                state.queues[usize::from(server)].push(tick);
            }
            Action::Take(server) => self.take(&mut state, server),
            Action::Step(slot) => self.step(&mut state, slot),
            Action::Kill(slot) => self.kill(&mut state, slot),
            Action::LoseCommit(slot, committed) => self.lose_commit(&mut state, slot, committed),
            Action::FindNothingOut(slot) => self.find_nothing_out(&mut state, slot),
            Action::Crash(server) => self.crash(&mut state, server),
            Action::ClockTicks => state.clock += 1,
        }
        while state.works.len() > faults::ORPHANS && state.works.last().is_some_and(Option::is_none) {
            state.works.pop();
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties(&self.scene)
    }
}

impl Protocol {
    /// Servers that do nothing at all are alike: it is enough to look at what the first would do.
    fn servers_that_differ(&self, state: &State) -> std::ops::Range<Server> {
        let alike = self.variant != Variant::OwnClocks
            && state.works.iter().all(Option::is_none)
            && state.queues.iter().all(Vec::is_empty);
        0..if alike { 1 } else { SERVERS }
    }

    fn requests(&self, state: &State, server: Server, actions: &mut Vec<Action>) {
        for (request, client) in state.clients.iter().enumerate() {
            let ask = self.scene.asks[request];
            let may_send = match client.known {
                Known::Idle => self.may_ask(&state.database, ask),
                Known::Waiting | Known::Unavailable => state.repeats > 0,
                Known::Answered(_) => false,
            };
            // A verification runs beside the desk, one at a time.
            let beside = usize::from(server) * 2 + 1;
            let is_free = !matches!(ask, Ask::Verify(_)) || state.works[beside].is_none();
            if may_send && is_free {
                actions.push(Action::Send(rules::small(request), server));
            }
        }
    }

    fn may_ask(&self, database: &Database, ask: Ask) -> bool {
        match ask {
            Ask::Book(_) | Ask::Verify(_) => true,
            Ask::Cancel(person) => database.live(person).is_some(),
            Ask::Accept(person) => offered(database, person).is_some(),
        }
    }

    /// The client knows at once what it names; the request queues at once: that it may take its time is as if
    /// the server did.
    fn send(&self, state: &mut State, request: Request, server: Server) {
        let ask = self.scene.asks[usize::from(request)];
        let answered = |(other, client): (usize, &Client)| {
            let done = matches!(client.known, Known::Answered(Outcome::Done(_) | Outcome::Repeated(_)));
            done.then(|| rules::small(other))
        };
        let answered: Vec<Request> = state.clients.iter().enumerate().filter_map(answered).collect();
        let client = &mut state.clients[usize::from(request)];
        if client.attempts == 0 {
            client.after = answered;
            client.target = match ask {
                Ask::Cancel(person) => state.database.live(person),
                Ask::Accept(person) => offered(&state.database, person),
                Ask::Book(_) | Ask::Verify(_) => None,
            };
        } else {
            state.repeats -= 1;
        }
        client.attempts += 1;
        client.known = Known::Waiting;
        let job = Job { request: Some(request), attempt: client.attempts, target: client.target };
        match ask {
            Ask::Verify(person) => {
                let work = self.begin(state, server, Purpose::Verification(person), vec![job]);
                state.works[usize::from(server) * 2 + 1] = Some(work);
            }
            _ => state.queues[usize::from(server)].push(job),
        }
    }

    /// The lane takes all that has queued. What has a key that stands in it already waits for the next turn (the
    /// real one runs that turn before it takes more).
    fn take(&self, state: &mut State, server: Server) {
        let mut batch: Vec<Job> = Vec::new();
        let mut later: Vec<Job> = Vec::new();
        for job in std::mem::take(&mut state.queues[usize::from(server)]) {
            let twice = batch.iter().any(|taken| taken.request == job.request);
            if twice { later.push(job) } else { batch.push(job) }
        }
        state.queues[usize::from(server)] = later;
        let work = self.begin(state, server, Purpose::Batch, batch);
        state.works[usize::from(server) * 2] = Some(work);
    }

    /// The job hands in a tick when something is due, unless one is under way.
    fn may_tick(&self, state: &State, server: Server) -> bool {
        let is_tick = |job: &Job| job.request.is_none();
        let under_way = state.queues[usize::from(server)].iter().any(is_tick)
            || state.works[usize::from(server) * 2]
                .as_ref()
                .is_some_and(|work| work.jobs.iter().any(is_tick));
        !under_way && !rules::due(&state.database, state.clock).expired.is_empty()
    }
}

fn offered(database: &Database, person: Person) -> Option<Id> {
    let id = database.live(person)?;
    let booking = database.bookings.get(&id)?;
    (booking.status == BookingStatus::Offered).then_some(id)
}
