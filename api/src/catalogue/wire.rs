//! Parts that several answers of this room share.

use chrono::{DateTime, Utc};
use domain::catalogue::joining_form::{ChoiceOption, JoiningForm, Question};
use domain::catalogue::meeting::Meeting;
use domain::catalogue::public_state::PublicState;
use serde::Serialize;
use std::borrow::Cow;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

/// Where people meet.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(example = json!({
    "kind": "online", "joinUrl": "https://zoom.us/j/91273431323",
    "meetingId": "912 7343 1323", "passcode": "114640"
}))]
enum Written {
    /// On a video call.
    #[serde(rename_all = "camelCase")]
    Online {
        /// The link: `https://` or `http://`.
        #[schema(max_length = 2000)]
        join_url: String,
        /// The number that some programs ask for.
        #[schema(max_length = 60)]
        meeting_id: Option<String>,
        /// The passcode.
        #[schema(max_length = 60)]
        passcode: Option<String>,
    },
    /// In a room.
    InPerson {
        /// The place's name.
        #[schema(max_length = 200)]
        venue: String,
        /// Its postal address.
        #[schema(max_length = 500)]
        address: Option<String>,
    },
    /// In a house, with nights.
    Residential {
        /// The place's name.
        #[schema(max_length = 200)]
        venue: String,
        /// Its postal address.
        #[schema(max_length = 500)]
        address: Option<String>,
        /// How many nights.
        #[schema(minimum = 1, maximum = 31)]
        nights: u32,
    },
}

/// A meeting as staff write it.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct MeetingInput(Written);

impl From<&Meeting> for MeetingInput {
    fn from(meeting: &Meeting) -> Self {
        Self(match meeting.clone() {
            Meeting::Online { join_url, meeting_id, passcode } => {
                Written::Online { join_url, meeting_id, passcode }
            }
            Meeting::InPerson { venue, address } => Written::InPerson { venue, address },
            Meeting::Residential { venue, address, nights } => {
                Written::Residential { venue, address, nights }
            }
        })
    }
}

/// Where people meet. The join details of a session (link, meeting id, passcode) are null for callers without
/// a confirmed place who don't run it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(example = json!({
    "kind": "online", "joinUrl": "https://zoom.us/j/91273431323",
    "meetingId": "912 7343 1323", "passcode": "114640"
}))]
enum Shown {
    /// On a video call.
    #[serde(rename_all = "camelCase")]
    Online {
        /// The link.
        join_url: Option<String>,
        /// The number that some programs ask for.
        meeting_id: Option<String>,
        /// The passcode.
        passcode: Option<String>,
    },
    /// In a room.
    InPerson {
        /// The place's name.
        venue: String,
        /// Its postal address.
        address: Option<String>,
    },
    /// In a house, with nights.
    Residential {
        /// The place's name.
        venue: String,
        /// Its postal address.
        address: Option<String>,
        /// How many nights.
        nights: u32,
    },
}

/// A meeting as a caller sees it.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct MeetingView(Shown);

impl MeetingView {
    /// The meeting, with its join details or without (PRG-5).
    pub(crate) fn of(meeting: &Meeting, with_join_details: bool) -> Self {
        Self(match meeting.clone() {
            Meeting::Online { join_url, meeting_id, passcode } if with_join_details => {
                Shown::Online { join_url: Some(join_url), meeting_id, passcode }
            }
            Meeting::Online { .. } => Shown::Online { join_url: None, meeting_id: None, passcode: None },
            Meeting::InPerson { venue, address } => Shown::InPerson { venue, address },
            Meeting::Residential { venue, address, nights } => Shown::Residential { venue, address, nights },
        })
    }
}

/// The derived schema, with words for the member that tells the kinds apart.
fn with_kind_described(schema: RefOr<Schema>) -> RefOr<Schema> {
    let RefOr::T(Schema::OneOf(mut choices)) = schema else { return schema };
    for choice in &mut choices.items {
        if let RefOr::T(Schema::Object(object)) = choice
            && let Some(RefOr::T(Schema::Object(kind))) = object.properties.get_mut("kind")
        {
            kind.description = Some("Which kind of meeting it is.".to_owned());
        }
    }
    RefOr::T(Schema::OneOf(choices))
}

macro_rules! shaped {
    ($($name:ident as $shape:ident = $shown:literal;)+) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                with_kind_described($shape::schema())
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($shown)
            }
        }
    )+};
}

shaped! {
    MeetingInput as Written = "MeetingInput";
    MeetingView as Shown = "Meeting";
}

/// A joining form: what is asked of those who join.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JoiningForm, example = json!({"questions": [
    {"key": "hope", "label": "What do you hope to take away?", "kind": "long_text", "required": true,
     "maxLength": 1000},
    {"key": "privacy", "label": "I have read the privacy notice", "kind": "consent", "required": true}
]}))]
pub(crate) struct JoiningFormView {
    /// The questions, in their order; at most 50.
    #[schema(max_items = 50)]
    questions: Vec<QuestionView>,
}

/// One question.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Question, example = json!({
    "key": "hope", "label": "What do you hope to take away?", "kind": "long_text", "required": true,
    "maxLength": 1000
}))]
struct QuestionView {
    /// Its key in the answers: letters, digits, `_` and `-`, unique in the form.
    #[schema(max_length = 64)]
    key: String,
    /// What is asked; of a consent, its statement.
    #[schema(max_length = 1000)]
    label: String,
    /// What kind of answer it takes.
    #[schema(value_type = QuestionKindWord)]
    kind: &'static str,
    /// Whether an answer is needed; a required consent must be true. False unless said.
    #[schema(required = false, default = false)]
    required: bool,
    /// What can be chosen; for choices only.
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<Vec<OptionView>>,
    /// Longest answer in characters; for texts only.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_length: Option<usize>,
}

/// What kind of answer a question takes: `yes_no` and `consent` are booleans, `single_choice` is a value,
/// `multiple_choice` a list of values, `date` is `YYYY-MM-DD`.
#[derive(ToSchema)]
#[schema(as = QuestionKind, rename_all = "snake_case", example = json!("long_text"))]
#[expect(dead_code, reason = "describes the words that the domain's own type writes")]
enum QuestionKindWord {
    /// One line.
    ShortText,
    /// Several lines.
    LongText,
    /// One of the options.
    SingleChoice,
    /// Some of the options.
    MultipleChoice,
    /// True or false.
    YesNo,
    /// A date.
    Date,
    /// True or false; true when required.
    Consent,
}

/// Something that can be chosen.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ChoiceOption, example = json!({"value": "band_7", "label": "Band 7"}))]
struct OptionView {
    /// Its value in the answers.
    #[schema(max_length = 100)]
    value: String,
    /// How it is shown.
    #[schema(max_length = 300)]
    label: String,
}

impl From<&JoiningForm> for JoiningFormView {
    fn from(form: &JoiningForm) -> Self {
        Self { questions: form.questions().iter().map(QuestionView::from).collect() }
    }
}

impl From<&Question> for QuestionView {
    fn from(question: &Question) -> Self {
        let option =
            |option: &ChoiceOption| OptionView { value: option.value.clone(), label: option.label.clone() };
        let options: Vec<OptionView> = question.options.iter().map(option).collect();
        Self {
            key: question.key.clone(),
            label: question.label.clone(),
            kind: question.kind.as_str(),
            required: question.required,
            options: (!options.is_empty()).then_some(options),
            max_length: question.max_length,
        }
    }
}

/// The one state that is shown to all (PRG-10).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PublicState, example = json!({
    "code": "places_left", "placesLeft": 4, "opensAt": null, "announcedFor": null, "cohortId": null
}))]
pub(crate) struct PublicStateView {
    /// Which.
    #[schema(value_type = PublicStateWord)]
    code: &'static str,
    /// How many places are left; of a cohort only, and only with `places_left`.
    places_left: Option<u32>,
    /// When booking opens; only with `opens_at`.
    opens_at: Option<DateTime<Utc>>,
    /// The month it is announced for; only with `announced`.
    announced_for: Option<String>,
    /// Which cohort a programme's state is that of.
    cohort_id: Option<Uuid>,
}

/// `announced`: dates don't stand yet. `opens_at`: booking opens then. `places_left`: book now.
/// `full_with_waiting_list`: book now for a position. `full`: nobody can wait. `closed`: over, cancelled or
/// archived. `interest_only`: leave a wish to hear of more.
#[derive(ToSchema)]
#[schema(as = PublicStateCode, rename_all = "snake_case", example = json!("places_left"))]
#[expect(dead_code, reason = "describes the words that the domain's own type writes")]
enum PublicStateWord {
    /// Dates don't stand yet.
    Announced,
    /// Booking opens then.
    OpensAt,
    /// Places are left.
    PlacesLeft,
    /// A position can be had.
    FullWithWaitingList,
    /// Nobody can wait.
    Full,
    /// Over, cancelled or archived.
    Closed,
    /// A wish can be left.
    InterestOnly,
}

impl PublicStateView {
    /// A cohort's.
    pub(crate) fn of_cohort(state: PublicState) -> Self {
        let places_left = match state {
            PublicState::PlacesLeft(places) => Some(places),
            _ => None,
        };
        Self { places_left, ..Self::of_programme(state, None) }
    }

    /// A programme's, which tells no numbers: they are its cohorts'.
    pub(crate) fn of_programme(state: PublicState, cohort_id: Option<Uuid>) -> Self {
        let (opens_at, announced_for) = match state {
            PublicState::OpensAt(at) => (Some(at), None),
            PublicState::Announced(month) => (None, month.map(|month| month.to_string())),
            _ => (None, None),
        };
        Self { code: state.as_str(), places_left: None, opens_at, announced_for, cohort_id }
    }
}
