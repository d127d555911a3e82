//! Holding an expression against what is known of a person.

use super::{Eligibility, Rule};
use crate::ids::{OrganisationId, ProgrammeId};

/// What is known of a person. `None` is "not known", never "no".
///
/// A fact left out of a booking comes from the profile, for deciding only (ACC-4).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Job role, by code.
    pub job_role: Option<String>,
    /// Staff group, by code.
    pub staff_group: Option<String>,
    /// Qualifications, by code; an empty list says that there are none.
    pub qualifications: Option<Vec<String>>,
    /// Whether they lead or manage.
    pub leads_or_manages: Option<bool>,
    /// NHS England region, of the organisation where that is known, else their own.
    pub region: Option<String>,
    /// Sector, by code; as with the region.
    pub sector: Option<String>,
    /// Where they work.
    pub organisation_id: Option<OrganisationId>,
    /// What they completed with an academy; our own record, hence always known.
    pub completed_programmes: Vec<ProgrammeId>,
}

/// Facts about a person: never shown by `Debug` (ACC-7).
impl std::fmt::Debug for Facts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Facts(…)")
    }
}

/// What an expression says of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Eligible.
    Met,
    /// It can't be said until more is known.
    Unknown,
    /// Not eligible, whatever else becomes known.
    Failed,
}

/// A rule that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFailure {
    /// JSON pointer into the expression.
    pub pointer: String,
    /// Stable, `kebab-case`: the kind of rule.
    pub code: &'static str,
    /// The rule as a sentence; says nothing about the person (ACC-4).
    pub detail: String,
}

/// The answer: `failed` is empty unless the verdict is [`Verdict::Failed`], `missing` unless it is
/// [`Verdict::Unknown`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// The answer in a word.
    pub verdict: Verdict,
    /// Every rule that failed.
    pub failed: Vec<RuleFailure>,
    /// Profile fields, in `camelCase`, that would decide it; sorted, each once.
    pub missing: Vec<&'static str>,
}

impl Eligibility {
    /// Assesses a person (PRG-2).
    pub fn assess(&self, facts: &Facts) -> Assessment {
        assess(self.rule(), &Known { facts, completions: true }, "")
    }

    /// Whether nobody with this job role can be eligible, whatever else is true of them; what the public
    /// listing's `jobRole` filter leaves out.
    pub fn excludes_job_role(&self, role: &str) -> bool {
        let facts = Facts { job_role: Some(role.to_owned()), ..Facts::default() };
        assess(self.rule(), &Known { facts: &facts, completions: false }, "").verdict == Verdict::Failed
    }
}

struct Known<'a> {
    facts: &'a Facts,
    completions: bool,
}

fn assess(rule: &Rule, known: &Known<'_>, pointer: &str) -> Assessment {
    match rule {
        Rule::All(rules) => all(each(rules, known, &format!("{pointer}/all"))),
        Rule::Any(rules) => any(each(rules, known, &format!("{pointer}/any"))),
        Rule::Not(inner) => not(assess(inner, known, &format!("{pointer}/not")), inner, pointer),
        leaf => assess_leaf(leaf, known, pointer),
    }
}

fn each(rules: &[Rule], known: &Known<'_>, pointer: &str) -> Vec<Assessment> {
    let inner = rules.iter().enumerate();
    inner.map(|(index, rule)| assess(rule, known, &format!("{pointer}/{index}"))).collect()
}

fn all(parts: Vec<Assessment>) -> Assessment {
    combine(parts, |verdicts| {
        if verdicts.contains(&Verdict::Failed) {
            Verdict::Failed
        } else if verdicts.contains(&Verdict::Unknown) {
            Verdict::Unknown
        } else {
            Verdict::Met
        }
    })
}

fn any(parts: Vec<Assessment>) -> Assessment {
    combine(parts, |verdicts| {
        if verdicts.contains(&Verdict::Met) {
            Verdict::Met
        } else if verdicts.contains(&Verdict::Unknown) {
            Verdict::Unknown
        } else {
            Verdict::Failed
        }
    })
}

fn not(inner: Assessment, rule: &Rule, pointer: &str) -> Assessment {
    match inner.verdict {
        Verdict::Failed => Assessment { verdict: Verdict::Met, failed: vec![], missing: vec![] },
        Verdict::Unknown => inner,
        Verdict::Met => Assessment {
            verdict: Verdict::Failed,
            failed: vec![RuleFailure {
                pointer: format!("{pointer}/not"),
                code: "excluded",
                detail: format!("Not open where this holds: {}.", phrase(rule)),
            }],
            missing: vec![],
        },
    }
}

/// Joins the parts; of their failures and gaps only those stay that bear on the verdict.
fn combine(parts: Vec<Assessment>, verdict: impl Fn(&[Verdict]) -> Verdict) -> Assessment {
    let verdicts: Vec<Verdict> = parts.iter().map(|part| part.verdict).collect();
    let verdict = verdict(&verdicts);
    let mut joined = Assessment { verdict, failed: Vec::new(), missing: Vec::new() };
    for part in parts.into_iter().filter(|part| part.verdict == verdict) {
        joined.failed.extend(part.failed);
        joined.missing.extend(part.missing);
    }
    joined.missing.sort_unstable();
    joined.missing.dedup();
    joined
}

fn assess_leaf(rule: &Rule, known: &Known<'_>, pointer: &str) -> Assessment {
    let Leaf { name, code, field, holds } = leaf(rule, known);
    let (verdict, failed, missing) = match holds {
        Some(true) => (Verdict::Met, vec![], vec![]),
        None => (Verdict::Unknown, vec![], field.into_iter().collect()),
        Some(false) => {
            let detail = format!("Open where this holds: {}.", phrase(rule));
            (
                Verdict::Failed,
                vec![RuleFailure { pointer: format!("{pointer}/{name}"), code, detail }],
                vec![],
            )
        }
    };
    Assessment { verdict, failed, missing }
}

struct Leaf {
    name: &'static str,
    code: &'static str,
    field: Option<&'static str>,
    holds: Option<bool>,
}

fn leaf(rule: &Rule, known: &Known<'_>) -> Leaf {
    let facts = known.facts;
    let among = |fact: &Option<String>, list: &[String]| fact.as_ref().map(|code| list.contains(code));
    let (name, code, field, holds) = match rule {
        Rule::JobRole(list) => ("jobRole", "job-role", Some("jobRole"), among(&facts.job_role, list)),
        Rule::StaffGroup(list) => {
            ("staffGroup", "staff-group", Some("staffGroup"), among(&facts.staff_group, list))
        }
        Rule::Qualification(list) => {
            let holds = facts.qualifications.as_ref().map(|held| held.iter().any(|q| list.contains(q)));
            ("qualification", "qualification", Some("qualifications"), holds)
        }
        Rule::LeadsOrManages(wanted) => {
            let holds = facts.leads_or_manages.map(|does| does == *wanted);
            ("leadsOrManages", "leads-or-manages", Some("leadsOrManages"), holds)
        }
        Rule::Region(list) => ("region", "region", Some("region"), among(&facts.region, list)),
        Rule::Sector(list) => ("sector", "sector", Some("sector"), among(&facts.sector, list)),
        Rule::Organisation(list) => {
            let holds = facts.organisation_id.map(|id| list.contains(&id));
            ("organisation", "organisation", Some("organisationId"), holds)
        }
        Rule::CompletedProgramme(list) => {
            let holds = facts.completed_programmes.iter().any(|id| list.contains(id));
            ("completedProgramme", "completed-programme", None, known.completions.then_some(holds))
        }
        // Composed rules are taken apart before; an empty one holds.
        Rule::All(_) | Rule::Any(_) | Rule::Not(_) => ("", "composed", None, Some(true)),
    };
    Leaf { name, code, field, holds }
}

/// A rule in plain words, without a full stop.
fn phrase(rule: &Rule) -> String {
    match rule {
        Rule::All(rules) => joined(rules, "and"),
        Rule::Any(rules) => joined(rules, "or"),
        Rule::Not(inner) => format!("not ({})", phrase(inner)),
        Rule::JobRole(list) => format!("job role is {}", words(list)),
        Rule::StaffGroup(list) => format!("staff group is {}", words(list)),
        Rule::Qualification(list) => format!("has the qualification {}", words(list)),
        Rule::LeadsOrManages(true) => "leads or manages".to_owned(),
        Rule::LeadsOrManages(false) => "does not lead or manage".to_owned(),
        Rule::Region(list) => format!("works in the region {}", words(list)),
        Rule::Sector(list) => format!("works in the sector {}", words(list)),
        Rule::Organisation(list) if list.len() == 1 => "works at the named organisation".to_owned(),
        Rule::Organisation(_) => "works at one of the named organisations".to_owned(),
        Rule::CompletedProgramme(list) if list.len() == 1 => "has completed the named programme".to_owned(),
        Rule::CompletedProgramme(_) => "has completed one of the named programmes".to_owned(),
    }
}

fn joined(rules: &[Rule], word: &str) -> String {
    let parts: Vec<String> = rules.iter().map(phrase).collect();
    format!("({})", parts.join(&format!(" {word} ")))
}

fn words(codes: &[String]) -> String {
    let words: Vec<String> = codes.iter().map(|code| code.replace('_', " ")).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}
