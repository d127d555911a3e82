//! NHS England's seven regions: a closed list.

use crate::fault::Refused;

/// A region of NHS England.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Region {
    /// East of England.
    EastOfEngland,
    /// London.
    London,
    /// Midlands.
    Midlands,
    /// North East and Yorkshire.
    NorthEastAndYorkshire,
    /// North West.
    NorthWest,
    /// South East.
    SouthEast,
    /// South West.
    SouthWest,
}

impl Region {
    /// Every region, by name.
    pub const ALL: [Self; 7] = [
        Self::EastOfEngland,
        Self::London,
        Self::Midlands,
        Self::NorthEastAndYorkshire,
        Self::NorthWest,
        Self::SouthEast,
        Self::SouthWest,
    ];

    /// Its code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EastOfEngland => "east_of_england",
            Self::London => "london",
            Self::Midlands => "midlands",
            Self::NorthEastAndYorkshire => "north_east_and_yorkshire",
            Self::NorthWest => "north_west",
            Self::SouthEast => "south_east",
            Self::SouthWest => "south_west",
        }
    }

    /// Its name, as a label.
    pub fn label(self) -> &'static str {
        match self {
            Self::EastOfEngland => "East of England",
            Self::London => "London",
            Self::Midlands => "Midlands",
            Self::NorthEastAndYorkshire => "North East and Yorkshire",
            Self::NorthWest => "North West",
            Self::SouthEast => "South East",
            Self::SouthWest => "South West",
        }
    }

    /// The region with that code.
    ///
    /// # Errors
    /// `unknown-region`.
    pub fn parse(raw: &str) -> Result<Self, Refused> {
        Self::ALL.into_iter().find(|region| region.as_str() == raw).ok_or_else(|| {
            let codes: Vec<&str> = Self::ALL.into_iter().map(Self::as_str).collect();
            Refused::new("unknown-region", format!("must be one of {}", codes.join(", ")))
        })
    }
}
