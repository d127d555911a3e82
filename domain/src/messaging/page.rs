//! A mail as blocks, written out twice: as plain text and as HTML.

/// A mail, ready to be put into an envelope.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// One line of ASCII.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML; everything from outside is escaped.
    pub html: String,
}

/// Personal data: never shown by `Debug` (ACC-7).
impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mail(…)")
    }
}

/// One block of a mail.
pub(super) enum Block {
    /// A paragraph.
    Para(String),
    /// A list.
    Items(Vec<String>),
    /// A dated meeting: its first line, and the lines below it.
    Meeting(String, Vec<String>),
    /// A link with what it is for.
    Link(&'static str, String),
    /// Something to copy as it stands, with what it is for.
    Copy(&'static str, String),
}

pub(super) fn write(subject: &str, blocks: &[Block]) -> Mail {
    Mail { subject: ascii_line(subject), text: text(blocks), html: html(subject, blocks) }
}

fn text(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        match block {
            Block::Para(words) => out.push_str(words),
            Block::Items(list) => {
                let lines: Vec<String> = list.iter().map(|item| format!("- {item}")).collect();
                out.push_str(&lines.join("\n"));
            }
            Block::Meeting(head, below) => {
                out.push_str(head);
                for line in below {
                    out.push_str("\n  ");
                    out.push_str(line);
                }
            }
            Block::Link(what, address) => out.push_str(&format!("{what}:\n{address}")),
            Block::Copy(what, exact) => out.push_str(&format!("{what}:\n{exact}")),
        }
        out.push_str("\n\n");
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn html(title: &str, blocks: &[Block]) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en-GB\">\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n\
         <body style=\"font-family: Arial, sans-serif; font-size: 16px; line-height: 1.5\">\n",
        escaped(title)
    );
    for block in blocks {
        out.push_str(&html_block(block));
        out.push('\n');
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn html_block(block: &Block) -> String {
    match block {
        Block::Para(words) => format!("<p>{}</p>", escaped(words)),
        Block::Items(list) => {
            let items: String = list.iter().map(|item| format!("<li>{}</li>", escaped(item))).collect();
            format!("<ul>{items}</ul>")
        }
        Block::Meeting(head, below) => {
            let lines: String = below.iter().map(|line| format!("<br>{}", escaped(line))).collect();
            format!("<p><strong>{}</strong>{lines}</p>", escaped(head))
        }
        Block::Link(what, address) => {
            format!("<p>{what}:<br><a href=\"{0}\">{0}</a></p>", escaped(address))
        }
        Block::Copy(what, exact) => format!("<p>{what}:</p>\n<pre>{}</pre>", escaped(exact)),
    }
}

fn escaped(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// One line of printable ASCII: accents go, what has no plain form becomes a question mark.
fn ascii_line(raw: &str) -> String {
    use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
    let plain = |c: char| match c {
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        '\u{2010}'..='\u{2015}' => '-',
        c if c.is_control() => ' ',
        c if c.is_ascii() => c,
        _ => '?',
    };
    let line: String = raw.nfkd().filter(|c| !is_combining_mark(*c)).map(plain).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_one_line_of_ascii() {
        let mail = write("Zoë’s place –\r\nBcc: x@y.uk", &[]);
        assert_eq!(mail.subject, "Zoe's place - Bcc: x@y.uk");
    }

    #[test]
    fn html_holds_nothing_of_others_making() {
        let mail = write("<b>", &[Block::Para("<script>alert('x')</script> & \"more\"".into())]);
        assert!(mail.html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;more&quot;"));
        assert!(!mail.html.contains("<script>") && !mail.html.contains("<b>"));
    }
}
