use super::*;
use crate::{Access, Clock, DatabaseUrl, Origin, Store, Work, new_id};
use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::PersonId;
use sea_orm::ConnectionTrait;
use std::sync::{Arc, Mutex};

struct Hands(Mutex<DateTime<Utc>>);

impl Clock for Hands {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

struct House {
    store: Store,
    hands: Arc<Hands>,
    _folder: tempfile::TempDir,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("a.db").display());
        let hands = Arc::new(Hands(Mutex::new("2023-11-29T16:00:00Z".parse().unwrap())));
        let store = Store::open(&DatabaseUrl::parse(&url).unwrap(), hands.clone()).await.unwrap();
        store.migrate().await.unwrap();
        Self { store, hands, _folder: folder }
    }

    fn pass(&self, time: TimeDelta) {
        *self.hands.0.lock().unwrap() += time;
    }

    async fn work(&self) -> Work {
        self.store.begin(Origin::job()).await.unwrap()
    }

    async fn person(&self, email: &str) -> PersonId {
        let (work, id) = (self.work().await, new_id());
        let email_id = new_id();
        let text = format!(
            "INSERT INTO person (id, state, full_name, qualifications, platform_admin, revision, created_at, updated_at) \
             VALUES (x'{0}', 'verified', 'Amina Khan', '[]', 0, 1, '2023-11-01T00:00:00+00:00', '2023-11-01T00:00:00+00:00'); \
             INSERT INTO person_email (id, person_id, address, as_typed, standing, verified_at, created_at) \
             VALUES (x'{1}', x'{0}', '{email}', '{email}', 'verified', '2023-11-01T00:00:00+00:00', '2023-11-01T00:00:00+00:00')",
            id.simple(),
            email_id.simple()
        );
        work.connection().execute_unprepared(&text).await.unwrap();
        work.commit().await.unwrap();
        PersonId(id)
    }

    async fn write(&self, person_id: PersonId, kinds: &[MailKind]) {
        let mut work = self.work().await;
        for kind in kinds {
            work.mail(OutboxRow {
                academy_id: None,
                kind: *kind,
                person_id,
                booking_id: None,
                token_id: None,
                refs: serde_json::json!({}),
            });
        }
        work.commit().await.unwrap();
    }

    async fn lease(&self) -> Vec<Leased> {
        let mut work = self.work().await;
        let list = lease_due(&mut work, 50).await.unwrap();
        work.commit().await.unwrap();
        list
    }

    async fn settle(&self, list: Vec<Leased>, outcome: Outcome) -> u64 {
        let mut work = self.work().await;
        let list: Vec<_> = list.into_iter().map(|mail| (mail, outcome)).collect();
        let ended = settle(&mut work, &list).await.unwrap();
        work.commit().await.unwrap();
        ended
    }
}

/// COM-1.
#[tokio::test]
async fn each_recipient_gets_their_mails_one_after_the_other_in_order() {
    let house = House::new().await;
    let (amina, ben) = (house.person("amina@nhs.example").await, house.person("ben@nhs.example").await);
    let kinds = [MailKind::BookingWaiting, MailKind::OfferMade, MailKind::PlaceConfirmed];
    house.write(amina, &kinds).await;
    house.write(ben, &[MailKind::BookingPending]).await;
    let mut told = Vec::new();
    for _ in 0..4 {
        let batch = house.lease().await;
        told.extend(batch.iter().filter(|mail| mail.person_id == amina).map(|mail| mail.kind));
        house.settle(batch, Outcome::Sent).await;
    }
    assert_eq!(told, kinds);
    assert_eq!(backlog(&house.store.reader()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_mail_is_leased_to_one_sender_until_the_lease_ends() {
    let house = House::new().await;
    let amina = house.person("amina@nhs.example").await;
    house.write(amina, &[MailKind::BookingWaiting]).await;
    let slow = house.lease().await;
    assert_eq!(slow.len(), 1);
    assert!(house.lease().await.is_empty());
    house.pass(TimeDelta::minutes(3));
    let fast = house.lease().await;
    assert_eq!(fast.len(), 1);
    assert_eq!(house.settle(slow, Outcome::Failed).await, 0, "the lost lease marks nothing");
    assert_eq!(house.settle(fast, Outcome::Sent).await, 1);
}

#[tokio::test]
async fn a_mail_that_fails_is_tried_eight_times_and_holds_up_nobody_else() {
    let house = House::new().await;
    let (amina, ben) = (house.person("amina@nhs.example").await, house.person("ben@nhs.example").await);
    house.write(amina, &[MailKind::BookingWaiting, MailKind::OfferMade]).await;
    for attempt in 0..MAX_ATTEMPTS {
        house.write(ben, &[MailKind::BookingWaiting]).await;
        let (mine, others): (Vec<_>, Vec<_>) =
            house.lease().await.into_iter().partition(|m| m.person_id == amina);
        assert_eq!((mine.len(), others.len()), (1, 1), "attempt {attempt}");
        assert_eq!((mine[0].kind, mine[0].attempts), (MailKind::BookingWaiting, attempt));
        house.settle(mine, Outcome::Failed).await;
        house.settle(others, Outcome::Sent).await;
        if attempt + 1 < MAX_ATTEMPTS {
            assert!(house.lease().await.is_empty(), "it backs off");
            house.pass(TimeDelta::hours(2));
        }
    }
    let next = house.lease().await;
    assert_eq!(next[0].kind, MailKind::OfferMade, "the first was given up, the next one goes");
}

/// ADM-16, COM-1.
#[tokio::test]
async fn a_mail_that_is_due_later_holds_up_no_other_and_goes_first_once_it_is_due() {
    let house = House::new().await;
    let amina = house.person("amina@nhs.example").await;
    let mut work = house.work().await;
    let now = work.now().await.unwrap();
    let mail = |kind| OutboxRow {
        academy_id: None,
        kind,
        person_id: amina,
        booking_id: None,
        token_id: None,
        refs: serde_json::json!({}),
    };
    let mut writes = crate::rows::Writes::default();
    insert_outbox_due(&mut writes, now, vec![(mail(MailKind::OfferReminder), now + TimeDelta::hours(36))]);
    writes.run(work.connection()).await.unwrap();
    work.commit().await.unwrap();
    assert!(house.lease().await.is_empty(), "it is not due yet");
    house.write(amina, &[MailKind::OfferMade]).await;
    let first = house.lease().await;
    assert_eq!(first[0].kind, MailKind::OfferMade);
    house.settle(first, Outcome::Sent).await;
    house.pass(TimeDelta::hours(36));
    house.write(amina, &[MailKind::BookingClosed]).await;
    let due = house.lease().await;
    assert_eq!(due.iter().map(|mail| mail.kind).collect::<Vec<_>>(), [MailKind::OfferReminder]);
    house.settle(due, Outcome::Failed).await;
    assert!(house.lease().await.is_empty(), "one that is tried again keeps its turn");
}

#[tokio::test]
async fn who_gets_a_mail_and_their_name_are_read_when_it_is_sent() {
    let house = House::new().await;
    let amina = house.person("Amina@NHS.example").await;
    house.write(amina, &[MailKind::AlreadyRegistered]).await;
    let mail = house.lease().await.remove(0);
    let loaded = load(&house.store.reader(), &mail, mail.created_at).await.unwrap().unwrap();
    assert_eq!(loaded.address, "Amina@NHS.example");
    assert_eq!(loaded.particulars.full_name.as_deref(), Some("Amina Khan"));
    let work = house.work().await;
    work.connection().execute_unprepared("UPDATE person SET state = 'ended'").await.unwrap();
    work.commit().await.unwrap();
    assert!(load(&house.store.reader(), &mail, mail.created_at).await.unwrap().is_none());
}
