//! A mail in its envelope. Headers are built by parts, so no value can add a line to them.

use domain::messaging::Mail;
use lettre::message::header::{ContentTransferEncoding, Header, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
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
        let name = sender.name.map(one_line).or_else(|| sender.from.name.clone());
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
        let (plain, html) = (SinglePart::plain(body(mail.text)), SinglePart::html(body(mail.html)));
        let message = builder.multipart(MultiPart::alternative().singlepart(plain).singlepart(html))?;
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

fn one_line(raw: &str) -> String {
    raw.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// ASCII goes as it is, so that whoever opens the file can copy a call of one long line (RFC 5322 section 2.1.1
/// allows 998 characters); lettre encodes all else.
fn body(text: String) -> Body {
    const LONGEST_LINE: usize = 998;
    if text.is_ascii() && !text.contains('\r') && text.lines().all(|line| line.len() <= LONGEST_LINE) {
        let lines = text.replace('\n', "\r\n").into_bytes();
        return Body::dangerous_pre_encoded(lines, ContentTransferEncoding::SevenBit);
    }
    Body::new(text)
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

    fn written(to: &str, name: &str, mail: Mail) -> Result<String, Box<dyn Error>> {
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
        assert!(written("a@b.uk\r\nBcc: c@d.uk", "Academy", mail("x")).is_err());
        let sent = written("a@b.uk", "Academy\r\nBcc: c@d.uk", mail("x")).unwrap();
        assert!(!sent.lines().any(|line| line.starts_with("Bcc")), "{sent}");
    }

    #[test]
    fn a_call_of_one_long_line_arrives_as_it_is() {
        let call = "curl -X POST https://academy.example/v1/bookings/00000000-0000-0000-0000-000000000007/offer/accept -d '{\"token\":\"AbC-123_x=\"}'";
        let sent = written("a@b.uk", "Academy", mail(call)).unwrap();
        assert!(sent.lines().any(|line| line == call), "{sent}");
        assert!(sent.contains("Message-ID: <00000000000000000000000000000007@example.uk>"));
        assert!(sent.contains("Auto-Submitted: auto-generated"));
        assert!(sent.contains("Reply-To: hello@sela.example"));
    }
}
