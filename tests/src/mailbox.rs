//! The mails that the program wrote as `.eml` files.

use crate::scratch;
use mail_parser::MessageParser;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tempfile::TempDir;

/// How long the mail job may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// One mail.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The address it went to.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its plain text.
    pub text: String,
    /// Its HTML.
    pub html: String,
    written: SystemTime,
}

impl Mail {
    /// The token in its link.
    ///
    /// # Panics
    /// When there is none.
    pub fn token(&self) -> String {
        self.find_token().unwrap_or_else(|| panic!("no token in the mail:\n{}", self.text))
    }

    fn find_token(&self) -> Option<String> {
        self.find_token_after("token=")
    }

    fn find_verification_token(&self) -> Option<String> {
        self.find_token_after("verify-email?token=")
    }

    fn find_token_after(&self, link: &str) -> Option<String> {
        let (_, rest) = self.text.split_once(link)?;
        let token: String =
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).collect();
        (!token.is_empty()).then_some(token)
    }

    fn read(path: &Path) -> Option<Self> {
        let bytes = std::fs::read(path).ok()?;
        let message = MessageParser::default().parse(&bytes)?;
        Some(Self {
            to: message.to()?.first()?.address()?.to_lowercase(),
            subject: message.subject().unwrap_or_default().to_owned(),
            text: message.body_text(0).unwrap_or_default().into_owned(),
            html: message.body_html(0).unwrap_or_default().into_owned(),
            written: path.metadata().and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH),
        })
    }
}

/// A directory of mails.
#[derive(Clone, Debug)]
pub struct Mailbox(Arc<TempDir>);

impl Mailbox {
    pub(crate) fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("mail-").tempdir_in(scratch::in_memory());
        Self(Arc::new(directory.expect("a directory for mails")))
    }

    pub(crate) fn directory(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    /// Every mail so far, oldest first.
    pub fn all(&self) -> Vec<Mail> {
        let entries = std::fs::read_dir(self.0.path()).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path()).filter(|p| p.extension().is_some_and(|e| e == "eml"));
        let mut mails: Vec<Mail> = paths.filter_map(|path| Mail::read(&path)).collect();
        mails.sort_by_key(|mail| mail.written);
        mails
    }

    /// Every mail to an address so far, oldest first.
    pub fn to(&self, email: &str) -> Vec<Mail> {
        let email = email.trim().to_lowercase();
        self.all().into_iter().filter(|mail| mail.to == email).collect()
    }

    /// Waits until `count` mails went to an address, and gives the last of them.
    ///
    /// # Panics
    /// When they don't come.
    pub async fn nth(&self, email: &str, count: usize) -> Mail {
        self.wait(email, &format!("{count} mails"), |mails| mails.get(count - 1).cloned()).await
    }

    /// Waits for the newest mail to an address whose subject or text holds `words`.
    ///
    /// # Panics
    /// When it doesn't come.
    pub async fn about(&self, email: &str, words: &str) -> Mail {
        let holds = |mail: &&Mail| mail.subject.contains(words) || mail.text.contains(words);
        self.wait(email, words, |mails| mails.iter().rev().find(holds).cloned()).await
    }

    /// Waits until that many mails whose subject holds `words` went to an address, and gives the last of them.
    ///
    /// # Panics
    /// When they don't come.
    pub async fn nth_about(&self, email: &str, words: &str, count: usize) -> Mail {
        let nth =
            |mails: &[Mail]| mails.iter().filter(|mail| mail.subject.contains(words)).nth(count - 1).cloned();
        self.wait(email, &format!("{words:?}, {count} of them"), nth).await
    }

    /// Waits for a mail to an address that carries a token, and gives the newest token.
    ///
    /// # Panics
    /// When it doesn't come.
    pub async fn token(&self, email: &str) -> String {
        self.wait(email, "a token", |mails| mails.iter().rev().find_map(Mail::find_token)).await
    }

    /// Waits for the newest token with which an address is verified: other mails have tokens too.
    ///
    /// # Panics
    /// When it doesn't come.
    pub async fn verification_token(&self, email: &str) -> String {
        let find = |mails: &[Mail]| mails.iter().rev().find_map(Mail::find_verification_token);
        self.wait(email, "a token for verifying it", find).await
    }

    /// Waits until that many mails with which an address is verified went to it, and gives the last token.
    ///
    /// # Panics
    /// When they don't come.
    pub async fn nth_verification_token(&self, email: &str, count: usize) -> String {
        let nth = |mails: &[Mail]| mails.iter().filter_map(Mail::find_verification_token).nth(count - 1);
        self.wait(email, &format!("{count} tokens for verifying it"), nth).await
    }

    /// Waits until that many mails with a token went to an address, and gives the last token.
    ///
    /// # Panics
    /// When they don't come.
    pub async fn nth_token(&self, email: &str, count: usize) -> String {
        let nth = |mails: &[Mail]| mails.iter().filter_map(Mail::find_token).nth(count - 1);
        self.wait(email, &format!("{count} tokens"), nth).await
    }

    async fn wait<T>(&self, email: &str, what: &str, find: impl Fn(&[Mail]) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            let mails = self.to(email);
            if let Some(found) = find(&mails) {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "no mail to {email} with {what}; there are {mails:#?}");
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    }
}
