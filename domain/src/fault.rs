//! What is wrong with an input: all faults at once, each with the place it stands at.

/// One fault in something that came from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer (RFC 6901) within the body; `""` is the whole body.
    pub pointer: String,
    /// Stable, `kebab-case`.
    pub code: &'static str,
    /// A sentence that says what would be right.
    pub detail: String,
}

impl Fault {
    /// A fault at `pointer`.
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, detail: detail.into() }
    }

    /// The same fault seen from outside: `prefix` is put before its pointer.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        self.pointer.insert_str(0, prefix);
        self
    }
}

/// One key or index as a JSON pointer token, with `~` and `/` escaped (RFC 6901 section 3).
pub fn token(raw: &str) -> String {
    raw.replace('~', "~0").replace('/', "~1")
}

/// Why one value was refused, before its place in the body is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refused {
    /// Stable, `kebab-case`.
    pub code: &'static str,
    /// A sentence that says what would be right.
    pub detail: String,
}

impl Refused {
    /// A refusal with its sentence.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// Gives the refusal its place.
    pub fn at(self, pointer: impl Into<String>) -> Fault {
        Fault { pointer: pointer.into(), code: self.code, detail: self.detail }
    }
}
