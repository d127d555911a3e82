//! The five programmes, in the words of their documents.

use serde_json::{Value, json};

/// South East Leadership Academy.
pub(super) fn south_east() -> Value {
    json!({"slug": "south-east", "name": "South East Leadership Academy", "region": "south_east",
           "contactEmail": "hello@sela.example"})
}

/// NHS North West Leadership Academy.
pub(super) fn north_west() -> Value {
    json!({"slug": "north-west", "name": "NHS North West Leadership Academy", "region": "north_west",
           "contactEmail": "hello@nwla.example"})
}

/// NHS Leadership Academy.
pub(super) fn national() -> Value {
    json!({"slug": "national", "name": "NHS Leadership Academy", "region": "london",
           "contactEmail": "hello@nhsla.example"})
}

/// S1: a small confidential group; three afternoons, all of which must be attended.
pub(super) fn affinity() -> Value {
    json!({
        "slug": "affinity-support-group",
        "title": "Practice Manager's Affinity Support Group",
        "summary": "A small group of practice managers in a virtual, facilitated space, once a month. The group is confidential.",
        "description": "Attending to your wellbeing is not a case of being selfish. Your wellbeing makes a difference not only for yourself but for others too. Research shows that 'happier leaders' make for 'happier organisations'. And the need to support the wellbeing of colleagues right now has never been higher.",
        "format": "cohort",
        "topics": ["wellbeing", "peer support"],
        "audience": "Practice Managers in the South East.",
        "benefits": [
            "A safe space to talk openly with people you can relate to, who listen without judgement",
            "Relief from some of the stress, and feeling less alone",
            "Giving and receiving support in relationships that are mutually beneficial"
        ],
        "facilitators": [{
            "name": "Byron Lee", "role": "Facilitator",
            "biography": "Byron has a background in health and social care, community and higher education, leadership development; and has spent the past 30 years supporting individuals, teams, communities and organisations build supportive and inclusive practices, systems and cultures."
        }],
        "contact": {"name": "Ellie Ward", "email": "hello@sela.example"},
        "sections": [
            {"heading": "Why an Affinity Group?", "body": "Being a manager or leader can at times be a lonely experience, particularly during times of high demand and stress. You may not be sure who to talk to about your day-to-day challenges and feelings without imagining you might be burdening someone or risking the uncertainty of whether you might be judged for not being 'perfect'."},
            {"heading": "How is this different to other offers such as coaching or action learning sets?", "body": "Unlike action learning sets there is no pressure within an affinity group to move toward a solution to a particular problem. The focus is on being rather than doing and finding a space to be listened to and valued."},
            {"heading": "Dates and times", "body": "The sessions will be virtually on Zoom and you will need to be able to attend all sessions for the dynamic of the group to work."}
        ],
        "confidential": true,
        "commitsToAllSessions": true,
        "eligibility": {"all": [{"jobRole": ["practice_manager"]}, {"region": ["south_east"]}]},
        "joiningForm": {"questions": [
            {"key": "practice", "label": "Which practice do you manage?", "kind": "short_text", "required": true, "maxLength": 200},
            {"key": "hopes", "label": "What do you hope for from the group?", "kind": "long_text", "required": false, "maxLength": 1000},
            {"key": "confidentiality", "label": "I keep what is said in the group to myself", "kind": "consent", "required": true}
        ]}
    })
}

/// S2: six weekly sessions of two hours; tasters; first come, first served.
pub(super) fn compassionate_training() -> Value {
    json!({
        "slug": "compassionate-leadership-training",
        "title": "Compassionate leadership training for managers and leaders",
        "summary": "Compassionate leadership is linked with improved learning and innovation, and reduced staff stress, injuries and absenteeism, and even reduced patient mortality.",
        "description": "A training programme of six weekly sessions, lasting 2 hours. It combines experiential practice and reflection, as well as home practice to help cultivate compassion for ourselves and the people we lead.",
        "format": "cohort",
        "topics": ["compassion", "mindfulness"],
        "audience": "Anyone in a leadership or management role in a health and social care organisation. Courses for nurse advocates are free.",
        "benefits": ["Cultivate compassion for ourselves and the people we lead", "Respond from our firm compassionate intention, rather than from impulse or intense emotion"],
        "facilitators": [{"name": "Byron Lee", "role": "Facilitator", "biography": null}],
        "designers": [
            {"name": "Dr Robert Marx", "role": "Designer", "biography": null},
            {"name": "Professor Clara Strauss", "role": "Designer", "biography": null}
        ],
        "contact": {"name": null, "email": "hello@sela.example"},
        "fees": [{"audience": "Nurse advocates", "fee": "Free"}],
        "sections": [
            {"heading": "Why compassion?", "body": "At the heart of compassion is the notion that everyone experiences difficulty, and that we can all play a role in alleviating our own difficulties and those of others. Whether this is compassion for ourselves or the people we lead, colleagues or service users."},
            {"heading": "How does compassion improve care?", "body": "Research by Prof Michael West shows how compassionate leadership is linked with improved learning and innovation, and reduced staff stress, injuries and absenteeism, and even reduced patient mortality. In short, compassion is essential to high quality healthcare."},
            {"heading": "Courses for nurse advocates", "body": "Places on the courses starting in January will be allocated on a first come first served basis to those who attend one of these taster sessions, and complete this short joining form."}
        ],
        "requiresTaster": true,
        "eligibility": {"qualification": ["professional_nurse_advocate"]},
        "joiningForm": {"questions": [
            {"key": "team", "label": "Whom do you lead or support?", "kind": "short_text", "required": true, "maxLength": 200},
            {"key": "experience", "label": "Have you practised mindfulness before?", "kind": "yes_no", "required": false},
            {"key": "agreement", "label": "I will do the home practice as well as I can", "kind": "consent", "required": true}
        ]}
    })
}

/// S3: train the trainer, in three stages, into a faculty.
pub(super) fn wellbeing_programme() -> Value {
    json!({
        "slug": "leaders-wellbeing-local-programme",
        "title": "NHS Leaders' Wellbeing Local Programme",
        "summary": "A 'train the trainer' offer which supports NHS organisations to develop a culture of wellbeing by fostering healthy leadership and enabling facilitators to deliver the programme in their organisations or system.",
        "description": "Greater Manchester is pioneering a system-wide leadership initiative to provide training for all primary care disciplines to address workforce pressures through a focus on wellbeing.",
        "format": "pathway",
        "topics": ["wellbeing", "train the trainer", "primary care"],
        "audience": "Primary care leaders in the North West who want to deliver the programme at home.",
        "benefits": [
            "Culture change movement: primary care as part of a broader social movement, prioritising workforce wellbeing at multiple levels",
            "Leadership development: implement wellbeing practices effectively across teams",
            "Resource creation: a pool that can mobilise wellbeing content based on the real needs of primary care"
        ],
        "contact": {"name": null, "email": "hello@nwla.example"},
        "resources": [
            {"title": "Healthy Leadership Framework", "url": "https://nwla.example/healthy-leadership-framework", "description": "A behavioural framework that can be used flexibly to support healthy leadership development."},
            {"title": "Healthy Leadership self-assessment", "url": "https://nwla.example/self-assessment", "description": "A self-assessment tool to explore own healthy leadership behaviours."},
            {"title": "Looking after your team's health and wellbeing guide", "url": "https://nwla.example/team-guide", "description": "To support any team that is seeking to improve the health and wellbeing of its members."}
        ],
        "sections": [
            {"heading": "Stage 1", "body": "Build confidence in delivering the materials."},
            {"heading": "Stage 2", "body": "1-1 support to enable participants to launch the materials internally."},
            {"heading": "Stage 3", "body": "The communities of practice, which ensure facilitators continue to learn from each other's delivery experiences as a cohort. They all then become part of the NHS Leaders' Wellbeing Faculty which offers ongoing facilitator development."},
            {"heading": "What have we learnt so far?", "body": "We identified similarities and inequalities in levels of wellbeing support and resources across sectors, localities, and roles, and acknowledged the potential to tailor programme content to local needs."}
        ],
        "eligibility": {"region": ["north_west"]},
        "joiningForm": {"questions": [
            {"key": "sector", "label": "Which part of primary care do you work in?", "kind": "single_choice", "required": true, "options": [
                {"value": "general_practice", "label": "General practice"}, {"value": "dentistry", "label": "Dentistry"},
                {"value": "optometry", "label": "Optometry"}, {"value": "pharmacy", "label": "Community pharmacy"}
            ]},
            {"key": "delivers", "label": "I will deliver the programme in my organisation", "kind": "consent", "required": true}
        ]}
    })
}

/// S4: one-to-one restorative conversations.
pub(super) fn supervision() -> Value {
    json!({
        "slug": "leadership-supervision",
        "title": "Leadership supervision",
        "summary": "Restorative, reflective conversations with a supervisor who does not hold a line management responsibility over you, and ideally is external to your team.",
        "description": "We expect so much from our leaders that if we do not provide some space where they can make sense of their work and not carry their stress from one day to the next, we are just going to see more and more good leaders burning out.",
        "format": "one_to_one",
        "topics": ["supervision", "wellbeing"],
        "audience": "Leaders who need a space to sort through the stresses they collect.",
        "benefits": [
            "Reflect on every aspect of your role, and decide what needs to be kept and attended to and what can be let go of",
            "Make sense of your experience and manage your stress more appropriately"
        ],
        "facilitators": [{"name": "Matt Smith", "role": "Supervisor", "biography": "Teaches clinical supervision, practises as a supervisor for nurses and AHPs as well as coaching, and provides coaching supervision for internal coaches."}],
        "contact": {"name": null, "email": "hello@sela.example"},
        "sections": [{"heading": "It is not coaching", "body": "It provides the space to explore all aspects of their leadership, including how they see themselves, their staff, their stakeholders, the different relationships, the work they do, the environment they work in, and the context within which they work."}]
    })
}

/// S5: four modules, two of them residential.
pub(super) fn through_mindfulness() -> Value {
    json!({
        "slug": "compassionate-leadership-through-mindfulness",
        "title": "Developing compassionate leadership through mindfulness",
        "summary": "Compassionate leadership means paying close attention to all staff and really understanding the situations they face. Then responding empathetically and taking thoughtful and appropriate action to help.",
        "description": "The programme is made up of four modules, each a month apart, two of which are residential. It integrates mindfulness practices with current and future approaches to leadership.",
        "format": "cohort",
        "topics": ["compassion", "mindfulness", "emotional intelligence"],
        "audience": "Those leading in complex systems and uncertain environments who want to support and sustain cultures of compassion.",
        "benefits": [
            "Cultivate a culture of care and strengthen your ability to respond with compassion in difficult situations",
            "Be more mentally and emotionally present in your leadership role",
            "Develop your own mindfulness practice",
            "Develop more effective and genuine relationships",
            "Strengthen your emotional intelligence",
            "Learn feedback methods that can be used in one-to-one and team situations to strengthen collaboration"
        ],
        "speakers": [
            {"name": "Professor Michael West", "role": "Keynote speaker", "biography": "Has published extensively on cultures of compassion in health care."},
            {"name": "Dr Jonty Heaversedge", "role": "Keynote speaker", "biography": "Southwark CCG chair and author of The Mindful Manifesto."}
        ],
        "contact": {"name": null, "email": "hello@nhsla.example"},
        "testimonials": [{
            "quote": "This programme provides a perfect balance of mastering mindful practice and applying this to leadership across teams, organisations and systems. As a result I've been able to introduce mindful practice to the work environment.",
            "attribution": "Head of Community Health Services in an integrated community and mental health services trust",
            "consent": true
        }],
        "sections": [
            {"heading": "About this programme", "body": "A particular focus on the first two lenses - the self and the manager/leader - to help you to cultivate compassion in your leadership style."},
            {"heading": "Between the modules", "body": "You will be supported to put these skills into practice in between sessions through access to a range of online materials, including an app. You will also form groups with your peers with whom you will maintain contact between modules (with at least one face-to-face session)."}
        ],
        "eligibility": {"leadsOrManages": true}
    })
}

/// A Zoom meeting.
pub(super) fn zoom(meeting_id: &str, passcode: &str) -> Value {
    let digits: String = meeting_id.chars().filter(char::is_ascii_digit).collect();
    json!({"kind": "online", "joinUrl": format!("https://zoom.example/j/{digits}"),
           "meetingId": meeting_id, "passcode": passcode})
}

/// A room.
pub(super) fn room() -> Value {
    json!({"kind": "in_person", "venue": "St Thomas House", "address": "Manchester"})
}

/// A house with one night.
pub(super) fn house() -> Value {
    json!({"kind": "residential", "venue": "Mayfield House", "address": "Surrey", "nights": 1})
}
