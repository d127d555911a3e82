use super::super::envelope::Sender;
use super::*;
use domain::messaging::Mail;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use uuid::Uuid;

fn envelope() -> Envelope {
    let from = "Academy <academy@example.uk>".parse().unwrap();
    let sender = Sender { from: &from, name: None, answers_to: None };
    let mail =
        Mail { subject: "You have a place".into(), text: "Hello\n.\nBye\n".into(), html: "<p>x</p>".into() };
    Envelope::new(Uuid::from_u128(7), "amina@nhs.example", &sender, mail).unwrap()
}

/// A mail server that takes one mail, or refuses every recipient; gives back what it was told.
fn catcher(takes: bool) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let (mut out, _) = listener.accept().unwrap();
        let mut told = String::new();
        out.write_all(b"220 catcher\r\n").unwrap();
        let mut in_data = false;
        for line in BufReader::new(out.try_clone().unwrap()).lines().map_while(Result::ok) {
            told.push_str(&line);
            told.push('\n');
            let answer = match (in_data, line.as_str()) {
                (true, ".") => "250 taken\r\n",
                (true, _) => continue,
                (false, "DATA") => "354 go on\r\n",
                (false, "QUIT") => "221 bye\r\n",
                (false, line) if line.starts_with("RCPT") && !takes => "550 amina@nhs.example is unknown\r\n",
                (false, _) => "250 OK\r\n",
            };
            in_data = answer.starts_with("354");
            if out.write_all(answer.as_bytes()).is_err() || line == "." {
                break;
            }
        }
        told
    });
    (url, served)
}

#[tokio::test]
async fn a_mail_goes_to_a_mail_server_whole() {
    let (url, served) = catcher(true);
    Smtp::new(&url).unwrap().send(&envelope()).await.unwrap();
    let told = served.join().unwrap();
    assert!(told.contains("RCPT TO:<amina@nhs.example>"), "{told}");
    assert!(told.contains("Hello\n..\nBye"), "a line of one dot does not end the mail: {told}");
}

/// ACC-7.
#[tokio::test]
async fn what_a_mail_server_refuses_is_told_without_the_address() {
    let (url, _served) = catcher(false);
    let error = Smtp::new(&url).unwrap().send(&envelope()).await.unwrap_err().to_string();
    assert_eq!(error, "the mail server answered 550");
}

#[tokio::test]
async fn without_a_mail_server_each_mail_is_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail");
    for _ in 0..2 {
        Folder::new(&path).send(&envelope()).await.unwrap();
    }
    let files: Vec<_> = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["00000000-0000-0000-0000-000000000007.eml"]);
}

#[test]
fn an_address_that_is_none_is_refused_without_repeating_it() {
    let error = Smtp::new("http://user:secret@host").err().unwrap();
    assert!(!error.contains("secret") && error.contains("ACADEMY_SMTP_URL"));
}
