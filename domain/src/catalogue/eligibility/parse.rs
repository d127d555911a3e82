//! From JSON to rules: every fault at once, each with its pointer.

use super::{Eligibility, MAX_DEPTH, MAX_RULES, MAX_VALUES, Rule};
use crate::catalogue::Region;
use crate::fault::{Fault, Refused, token};
use crate::ids::{OrganisationId, ProgrammeId};
use crate::text;
use serde_json::Value;
use uuid::Uuid;

impl Eligibility {
    /// Takes an expression.
    ///
    /// # Errors
    /// Every fault, with a pointer into the expression: `unknown-rule`, `wrong-type`, `required`, `too-deep`,
    /// `too-many`, `invalid-code`, `unknown-region`, `invalid-id`.
    pub fn parse(value: &Value) -> Result<Self, Vec<Fault>> {
        let mut parser = Parser { faults: Vec::new(), rules: 0 };
        let rule = parser.rule(value, "", 1);
        match (rule, parser.faults.is_empty()) {
            (Some(rule), true) => Ok(Self(rule)),
            _ => Err(parser.faults),
        }
    }
}

struct Parser {
    faults: Vec<Fault>,
    rules: usize,
}

impl Parser {
    fn rule(&mut self, value: &Value, pointer: &str, depth: usize) -> Option<Rule> {
        if depth > MAX_DEPTH {
            return self.fault(
                pointer,
                "too-deep",
                format!("rules can stand at most {MAX_DEPTH} deep within each other"),
            );
        }
        self.rules += 1;
        if self.rules > MAX_RULES {
            if self.rules == MAX_RULES + 1 {
                self.faults.push(Fault::new(
                    pointer,
                    "too-many",
                    format!("an expression can have at most {MAX_RULES} rules"),
                ));
            }
            return None;
        }
        let Some(object) = value.as_object() else {
            return self.fault(pointer, "wrong-type", "must be an object with one rule");
        };
        let mut members = object.iter();
        let (Some((name, inner)), None) = (members.next(), members.next()) else {
            return self.fault(
                pointer,
                "wrong-type",
                "must hold exactly one rule; combine several with \"all\" or \"any\"",
            );
        };
        let at = format!("{pointer}/{}", token(name));
        self.named(name, inner, &at, depth)
    }

    fn named(&mut self, name: &str, value: &Value, at: &str, depth: usize) -> Option<Rule> {
        match name {
            "all" => self.several(value, at, depth).map(Rule::All),
            "any" => self.several(value, at, depth).map(Rule::Any),
            "not" => self.rule(value, at, depth + 1).map(|rule| Rule::Not(Box::new(rule))),
            "jobRole" => self.list(value, at, text::code).map(Rule::JobRole),
            "staffGroup" => self.list(value, at, text::code).map(Rule::StaffGroup),
            "qualification" => self.list(value, at, text::code).map(Rule::Qualification),
            "sector" => self.list(value, at, text::code).map(Rule::Sector),
            "region" => self
                .list(value, at, |raw| Region::parse(raw).map(|r| r.as_str().to_owned()))
                .map(Rule::Region),
            "leadsOrManages" => match value.as_bool() {
                Some(flag) => Some(Rule::LeadsOrManages(flag)),
                None => self.fault(at, "wrong-type", "must be true or false"),
            },
            "organisation" => self.list(value, at, |raw| id(raw).map(OrganisationId)).map(Rule::Organisation),
            "completedProgramme" => {
                self.list(value, at, |raw| id(raw).map(ProgrammeId)).map(Rule::CompletedProgramme)
            }
            _ => self.fault(
                at,
                "unknown-rule",
                "must be all, any, not, jobRole, staffGroup, qualification, leadsOrManages, region, sector, \
                 organisation or completedProgramme",
            ),
        }
    }

    fn several(&mut self, value: &Value, at: &str, depth: usize) -> Option<Vec<Rule>> {
        let list = self.array(value, at, MAX_RULES)?;
        let rules: Vec<Option<Rule>> = list
            .iter()
            .enumerate()
            .map(|(index, inner)| self.rule(inner, &format!("{at}/{index}"), depth + 1))
            .collect();
        rules.into_iter().collect()
    }

    fn list<T>(
        &mut self,
        value: &Value,
        at: &str,
        parse: impl Fn(&str) -> Result<T, Refused>,
    ) -> Option<Vec<T>> {
        let list = self.array(value, at, MAX_VALUES)?;
        let mut taken = Vec::with_capacity(list.len());
        for (index, raw) in list.iter().enumerate() {
            let place = format!("{at}/{index}");
            match raw.as_str().map(&parse) {
                Some(Ok(value)) => taken.push(value),
                Some(Err(refused)) => self.faults.push(refused.at(place)),
                None => self.faults.push(Fault::new(place, "wrong-type", "must be a string")),
            }
        }
        (taken.len() == list.len()).then_some(taken)
    }

    fn array<'v>(&mut self, value: &'v Value, at: &str, max: usize) -> Option<&'v Vec<Value>> {
        let Some(list) = value.as_array() else {
            return self.fault(at, "wrong-type", "must be a list");
        };
        if list.is_empty() {
            return self.fault(at, "required", "must list at least one");
        }
        if list.len() > max {
            return self.fault(at, "too-many", format!("must list at most {max}"));
        }
        Some(list)
    }

    fn fault<T>(&mut self, pointer: &str, code: &'static str, detail: impl Into<String>) -> Option<T> {
        self.faults.push(Fault::new(pointer, code, detail));
        None
    }
}

fn id(raw: &str) -> Result<Uuid, Refused> {
    Uuid::try_parse(raw).map_err(|_| Refused::new("invalid-id", "must be an id as the service gave it"))
}
