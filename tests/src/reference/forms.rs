//! One form that ranks several cohorts (ADM-21): a place that is taken in one ends the other choices, or lets them be.

use super::acts::{Refused, first_of};
use super::clock::Due;
use super::{Moment, Reference, Status};

/// A form; its choices are the bookings that say so.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Whether a place in one cohort ends the other choices.
    pub ends_others: bool,
}

/// Which choice of which form a booking is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Of which form.
    pub form: usize,
    /// Counted from 1.
    pub preference: usize,
}

impl Reference {
    /// Books several cohorts, the one that is preferred first: all of them or none.
    ///
    /// # Errors
    /// The first reason of all that the cohorts have.
    pub fn book_ranked(
        &mut self,
        person: usize,
        cohorts: &[usize],
        ends_others: bool,
        knows: bool,
    ) -> Result<(), Refused> {
        self.begin();
        let before = self.clone();
        let form = self.forms.len();
        self.forms.push(Form { ends_others });
        let mut refused = Vec::new();
        for (cohort, preference) in cohorts.iter().zip(1..) {
            let choice = Choice { form, preference };
            if let Err(why) = self.book_one(person, *cohort, knows, Some(choice)) {
                refused.push(why);
            }
        }
        let Some(first) = first_of(&refused) else { return Ok(()) };
        *self = before;
        Err(first)
    }

    /// Turns the order of preference round, or not, and says what a place does from now on.
    pub fn change_form(&mut self, form: usize, turned: bool, ends_others: bool) {
        self.begin();
        let choices = self.choices(form);
        if turned {
            let last = choices.len() + 1;
            let choices = self.bookings.iter_mut().filter_map(|b| b.choice.as_mut());
            choices.filter(|own| own.form == form).for_each(|own| own.preference = last - own.preference);
        }
        self.forms[form].ends_others = ends_others;
        let placed = choices.into_iter().find(|n| self.bookings[*n].status == Status::Confirmed);
        self.end_others(placed.as_slice());
    }

    /// The bookings of a form.
    pub fn choices(&self, form: usize) -> Vec<usize> {
        let of_form = |n: &usize| self.bookings[*n].choice.is_some_and(|own| own.form == form);
        (0..self.bookings.len()).filter(of_form).collect()
    }

    /// The other choices that a place of this one ends.
    pub(super) fn ended_by(&self, booking: usize) -> Vec<usize> {
        let Some(own) = self.bookings[booking].choice else { return Vec::new() };
        self.exclusive(own.form).into_iter().filter(|n| *n != booking).collect()
    }

    /// The choices of a form of which a place in one ends the others.
    pub(super) fn exclusive(&self, form: usize) -> Vec<usize> {
        if self.forms[form].ends_others { self.choices(form) } else { Vec::new() }
    }

    /// Ends the other choices of those who have a place now. What an offer held goes on to others, so that first all
    /// those leave that only wait.
    pub(super) fn end_others(&mut self, placed: &[usize]) {
        let others: Vec<usize> = placed.iter().flat_map(|n| self.ended_by(*n)).collect();
        for holds_offer in [false, true] {
            for n in &others {
                if (self.bookings[*n].status == Status::Offered) == holds_offer {
                    self.end_choice(*n);
                }
            }
        }
    }

    fn end_choice(&mut self, booking: usize) {
        let cohort = self.bookings[booking].cohort;
        let ended = Status::Closed("withdrawn");
        match self.bookings[booking].status {
            Status::Pending => self.put(booking, ended),
            Status::Waiting | Status::Offered => {
                self.enter(cohort, "placed_elsewhere", Some(booking), &[(booking, ended)], false);
            }
            Status::Confirmed | Status::Closed(_) => {}
        }
    }

    /// Whom several cohorts would confirm at one moment keeps the one that they prefer and leaves the others before
    /// those places go out, again and again until nobody gives way.
    pub(super) fn give_way(&mut self, together: &[(usize, Due, Moment)]) {
        loop {
            let placed = self.would_be_placed(together);
            let gives_way = |n: &usize| {
                let preferred = |other: &usize| self.preference(*other) < self.preference(*n);
                self.ended_by(*n).iter().any(|other| placed.contains(other) && preferred(other))
            };
            let giving: Vec<usize> = placed.iter().copied().filter(gives_way).collect();
            if giving.is_empty() {
                return;
            }
            self.gave_way += giving.len();
            giving.into_iter().for_each(|n| self.end_choice(n));
        }
    }

    fn preference(&self, booking: usize) -> Option<usize> {
        self.bookings[booking].choice.map(|own| own.preference)
    }

    /// Whom each cohort by itself would confirm.
    fn would_be_placed(&self, together: &[(usize, Due, Moment)]) -> Vec<usize> {
        let mut placed = Vec::new();
        for cohort in 0..self.cohorts.len() {
            let mut alone = self.clone();
            alone.forms.iter_mut().for_each(|form| form.ends_others = false);
            for (of, due, moment) in together {
                if *of == cohort {
                    alone.enter_due(*of, *due, *moment);
                }
            }
            let confirmed = |n: &usize| {
                alone.bookings[*n].status == Status::Confirmed
                    && self.bookings[*n].status != Status::Confirmed
            };
            placed.extend((0..self.bookings.len()).filter(confirmed));
        }
        placed
    }
}
