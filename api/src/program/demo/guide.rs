//! What the demo prints: accounts, tokens, and lines to paste.

use super::client::PASSWORD;
use super::scene::Scene;
use std::path::Path;

/// The whole text.
pub(super) fn guide(base: &str, mails: &Path, scene: &Scene) -> String {
    [
        "Academy: a demo on a fresh database of its own, which goes when the program ends (Ctrl-C)."
            .to_owned(),
        format!("Documentation {base}/docs   mails, as files: {}", mails.display()),
        accounts(scene),
        tokens(scene),
        way(base, scene),
        more(base, scene),
    ]
    .join("\n\n")
}

fn accounts(scene: &Scene) -> String {
    let mut lines = vec![format!("ACCOUNTS. Everybody's password is \"{PASSWORD}\".")];
    lines.extend(scene.accounts.iter().map(|a| format!("  {:<28} {}", a.email, a.part)));
    lines.push("Clients (POST /v1/oauth/token, HTTP Basic):".to_owned());
    lines.extend(scene.programs.iter().map(|p| format!("  {}:{}\n    {}", p.id, p.secret, p.part)));
    lines.join("\n")
}

fn tokens(scene: &Scene) -> String {
    let people = scene.accounts.iter().map(|a| (a.variable, &a.token));
    let programs = scene.programs.iter().map(|p| (p.variable, &p.token));
    let mut lines = vec!["TOKENS, which last as long as this program runs. Paste them first:".to_owned()];
    lines.extend(people.chain(programs).map(|(variable, token)| format!("{variable}={token}")));
    lines.join("\n")
}

/// The S2 way in eight lines: from the public page to a place that somebody else gave back.
fn way(base: &str, scene: &Scene) -> String {
    let Scene { programme, taster, code, cohort, bens_booking, .. } = scene;
    let json = "-H 'Content-Type: application/json'";
    let steps = [
        (
            "Find the programme; anybody may.",
            format!("curl -s '{base}/v1/programmes?q=compassionate&open=true'; echo"),
        ),
        (
            "Its tasters, with their Zoom details: no need to book, just turn up.",
            format!("curl -s {base}/v1/programmes/{programme}/tasters; echo"),
        ),
        (
            "Amina sends the joining form. Her booking is pending: taster_attended is not met.",
            format!(
                "BOOKING=$(curl -s -X POST {base}/v1/cohorts/{cohort}/bookings -H \"Authorization: Bearer $AMINA\" \
                 {json} -d '{{\"answers\":{{\"team\":\"Ward 7\",\"agreement\":true}}}}' | tee /dev/stderr \
                 | grep -o '\"id\":\"[^\"]*\"' | head -1 | cut -d'\"' -f4); echo; echo \"booking $BOOKING\""
            ),
        ),
        (
            "She was at the first taster, and has the code that Byron Lee read out at its end.",
            format!(
                "curl -s -X POST {base}/v1/tasters/{taster}/check-ins -H \"Authorization: Bearer $AMINA\" {json} \
                 -d '{{\"code\":\"{code}\"}}'; echo"
            ),
        ),
        (
            "Now it is a claim by itself. All three places are taken, so she waits, first in line.",
            format!("curl -s {base}/v1/bookings/$BOOKING -H \"Authorization: Bearer $AMINA\"; echo"),
        ),
        (
            "Ben gives his place back. It is offered to Amina, and held for her for 48 hours.",
            format!(
                "curl -s -X POST {base}/v1/bookings/{bens_booking}/cancel -H \"Authorization: Bearer $BEN\" {json} \
                 -d '{{\"reason\":\"on leave\"}}'; echo"
            ),
        ),
        (
            "She takes it. (The mail has a token that does so without signing in.)",
            format!(
                "curl -s -X POST {base}/v1/bookings/$BOOKING/offer/accept -H \"Authorization: Bearer $AMINA\"; echo"
            ),
        ),
        (
            "The booking order record, without names: that the order was kept, anyone with a receipt can check.",
            format!("curl -s {base}/v1/cohorts/{cohort}/ledger -H \"Authorization: Bearer $AMINA\"; echo"),
        ),
    ];
    let mut lines = vec!["FROM A TASTER TO A PLACE, in eight lines:".to_owned()];
    for (number, (what, line)) in steps.into_iter().enumerate() {
        lines.push(format!("# {}. {what}\n{line}", number + 1));
    }
    lines.join("\n")
}

fn more(base: &str, scene: &Scene) -> String {
    let full = &scene.full_cohort;
    format!(
        "MORE\n\
         # Begin as a newcomer: register, then paste the call that the newest mail shows.\n\
         curl -s -X POST {base}/v1/auth/register -H 'Content-Type: application/json' \
         -d '{{\"email\":\"you@nhs.example\",\"password\":\"{PASSWORD}\",\"fullName\":\"Your Name\"}}'; echo\n\
         # The affinity group is full: its waiting list, in order, as its coordinator sees it.\n\
         curl -s {base}/v1/cohorts/{full}/waiting-list -H \"Authorization: Bearer $ELLIE\"; echo"
    )
}
