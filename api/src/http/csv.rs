//! Files of comma-separated values (RFC 4180) in UTF-8: records of cells, each with the line that it begins on, or every
//! fault with its line.

use super::problem::ProblemFault;

/// One record: the line that it begins on, counted from 1, and its cells, trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Where it begins.
    pub line: u64,
    /// What it holds.
    pub cells: Vec<String>,
}

/// Reads a file; lines without anything in them are passed over, CRLF and LF both end a line.
///
/// # Errors
/// `not-utf-8`, `invalid-character` (a NUL, so a binary file), `stray-quote`, `unclosed-quote`, `empty-file`; what
/// comes after an unclosed quote can't be told apart.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Record>, Vec<ProblemFault>> {
    let text = text(bytes).map_err(|fault| vec![fault])?;
    let mut reader = Reader { rest: text.chars().peekable(), line: 1, faults: Vec::new() };
    let mut records = Vec::new();
    while let Some(record) = reader.record() {
        if record.cells.iter().any(|cell| !cell.is_empty()) {
            records.push(record);
        }
    }
    if records.is_empty() && reader.faults.is_empty() {
        reader.faults.push(ProblemFault::line(1, "empty-file", "the file holds nothing"));
    }
    if reader.faults.is_empty() { Ok(records) } else { Err(reader.faults) }
}

/// The text without the mark that spreadsheets begin it with.
fn text(bytes: &[u8]) -> Result<&str, ProblemFault> {
    let line_of = |at: usize| 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count() as u64;
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        let detail = "must not contain the character NUL: this is no text file";
        return Err(ProblemFault::line(line_of(at), "invalid-character", detail));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let detail = "is not UTF-8: save the file as CSV in UTF-8";
        ProblemFault::line(line_of(error.valid_up_to()), "not-utf-8", detail)
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    line: u64,
    faults: Vec<ProblemFault>,
}

impl Reader<'_> {
    /// The next record, empty lines included; `None` at the end.
    fn record(&mut self) -> Option<Record> {
        self.rest.peek()?;
        let line = self.line;
        let mut cells = Vec::new();
        loop {
            let cell = if self.rest.next_if_eq(&'"').is_some() { self.quoted() } else { self.plain() };
            cells.push(cell.trim().to_owned());
            match self.rest.next() {
                Some(',') => {}
                Some(_) => {
                    self.line += 1;
                    return Some(Record { line, cells });
                }
                None => return Some(Record { line, cells }),
            }
        }
    }

    fn plain(&mut self) -> String {
        let mut cell = String::new();
        while let Some(next) = self.rest.next_if(|next| !matches!(next, ',' | '\n')) {
            cell.push(next);
        }
        if cell.contains('"') {
            let detail = "a quote within a cell: put the whole cell in quotes and write the quote twice";
            self.faults.push(ProblemFault::line(self.line, "stray-quote", detail));
        }
        cell
    }

    /// The rest of a cell whose quote was opened.
    fn quoted(&mut self) -> String {
        let (opened, mut cell) = (self.line, String::new());
        loop {
            match self.rest.next() {
                None => {
                    let detail = "a quote is opened here and never closed";
                    self.faults.push(ProblemFault::line(opened, "unclosed-quote", detail));
                    return cell;
                }
                Some('"') if self.rest.next_if_eq(&'"').is_some() => cell.push('"'),
                Some('"') => break,
                Some(next) => {
                    self.line += u64::from(next == '\n');
                    cell.push(next);
                }
            }
        }
        let after = self.plain();
        if !after.trim().is_empty() && !after.contains('"') {
            let detail = "something stands behind a closing quote";
            self.faults.push(ProblemFault::line(self.line, "stray-quote", detail));
        }
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<(u64, Vec<String>)> {
        read(text.as_bytes()).unwrap().into_iter().map(|record| (record.line, record.cells)).collect()
    }

    fn faults(bytes: &[u8]) -> Vec<&'static str> {
        read(bytes).unwrap_err().iter().map(ProblemFault::code).collect()
    }

    #[test]
    fn records_know_the_line_that_they_begin_on() {
        let text = "\u{feff}a,b\r\n\r\n\"x, \"\"y\"\"\nz\", 2 \n,\nlast,";
        let read = cells(text);
        assert_eq!(read.len(), 3);
        assert_eq!(read[0], (1, vec!["a".into(), "b".into()]));
        assert_eq!(read[1], (3, vec!["x, \"y\"\nz".into(), "2".into()]));
        assert_eq!(read[2], (6, vec!["last".into(), String::new()]));
    }

    #[test]
    fn a_file_that_is_none_is_refused_with_its_lines() {
        assert_eq!(faults(b""), ["empty-file"]);
        assert_eq!(faults(b"\n , \n"), ["empty-file"]);
        assert_eq!(faults(b"a\nb\0"), ["invalid-character"]);
        assert_eq!(faults(b"a\n\xff"), ["not-utf-8"]);
        assert_eq!(faults(b"a\nb\"c\nd"), ["stray-quote"]);
        assert_eq!(faults(b"\"a\" b,c"), ["stray-quote"]);
        assert_eq!(faults(b"a\n\"b\nc"), ["unclosed-quote"]);
    }
}
