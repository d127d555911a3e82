//! A mail in its envelope. Headers are built by parts, so no value can add a line to them.

use domain::messaging::Mail;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};
use std::error::Error;
use uuid::Uuid;

/// A mail with its addresses.
pub(crate) struct Envelope {
    id: Uuid,
    message: Message,
}

/// Who writes, and who answers.
pub(crate) struct Sender<'a> {
    /// The program's own address.
    pub from: &'a Mailbox,
    /// The academy's name, where the mail is about one.
    pub name: Option<&'a str>,
    /// The academy's address for questions.
    pub answers_to: Option<&'a str>,
}

impl Envelope {
    /// Closes the envelope. `id` becomes the message's id, so that a mail that is delivered twice is known as one.
    ///
    /// # Errors
    /// When an address is none that a mail can be sent to.
    pub(crate) fn new(id: Uuid, to: &str, sender: &Sender<'_>, mail: Mail) -> Result<Self, Box<dyn Error>> {
        let domain = sender.from.email.domain();
        let name = sender.name.map(str::to_owned).or_else(|| sender.from.name.clone());
        let mut builder = Message::builder()
            .message_id(Some(format!("<{}@{domain}>", id.simple())))
            .from(Mailbox::new(name, sender.from.email.clone()))
            .to(Mailbox::new(None, to.parse::<Address>()?))
            .subject(mail.subject)
            .date_now()
            .header(AutoSubmitted);
        if let Some(answers_to) = sender.answers_to.and_then(|raw| raw.parse::<Address>().ok()) {
            builder = builder.reply_to(Mailbox::new(None, answers_to));
        }
        let message = builder.multipart(MultiPart::alternative_plain_html(mail.text, mail.html))?;
        Ok(Self { id, message })
    }

    /// The outbox row's id.
    pub(crate) fn id(&self) -> Uuid {
        self.id
    }

    /// What goes over the wire.
    pub(crate) fn message(&self) -> &Message {
        &self.message
    }
}

/// Tells mail programs that no human wrote this, so that none answers by itself (RFC 3834 section 5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(to: &str, name: &str, mail: Mail) -> Result<String, Box<dyn Error>> {
        let from: Mailbox = "Academy <academy@example.uk>".parse()?;
        let sender = Sender { from: &from, name: Some(name), answers_to: Some("hello@sela.example") };
        let envelope = Envelope::new(Uuid::from_u128(7), to, &sender, mail)?;
        Ok(String::from_utf8(envelope.message().formatted())?)
    }

    fn mail(text: &str) -> Mail {
        Mail { subject: "A place is held for you".into(), text: text.into(), html: "<p>x</p>".into() }
    }

    #[test]
    fn no_value_can_add_a_header() {
        assert!(envelope("a@b.uk\r\nBcc: c@d.uk", "Academy", mail("x")).is_err());
        let sent = envelope("a@b.uk", "Academy\r\nBcc: c@d.uk", mail("x")).unwrap();
        assert!(!sent.lines().any(|line| line.starts_with("Bcc")), "{sent}");
    }

    #[test]
    fn a_call_of_one_long_line_arrives_as_it_is() {
        let call = "curl -X POST https://academy.example/v1/bookings/00000000-0000-0000-0000-000000000007/offer/accept -d '{\"token\":\"AbC-123_x=\"}'";
        let sent = envelope("a@b.uk", "Academy", mail(call)).unwrap();
        assert!(sent.lines().any(|line| line == call), "{sent}");
        assert!(sent.contains("Message-ID: <00000000000000000000000000000007@example.uk>"));
        assert!(sent.contains("Auto-Submitted: auto-generated"));
        assert!(sent.contains("Reply-To: hello@sela.example"));
    }
}
