//! The threshold of a very large online platform, and how far a figure is from it (DSA art. 33(1); R-5-03).

/// From so many average monthly active recipients on, a platform is a very large one (DSA art. 33(1)).
pub const VERY_LARGE: u64 = 45_000_000;

/// From so many on, the threshold is near: four fifths of it, so that there is time to prepare.
pub const WARNING_LEVEL: u64 = 36_000_000;

/// How far a figure is from the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Below [`WARNING_LEVEL`].
    Below,
    /// From [`WARNING_LEVEL`] on, and below [`VERY_LARGE`].
    Near,
    /// From [`VERY_LARGE`] on.
    VeryLarge,
}

impl Level {
    /// That of a mean, as a fraction.
    #[must_use]
    pub fn of(numerator: u64, denominator: u64) -> Self {
        let reaches = |level: u64| u128::from(numerator) >= u128::from(level) * u128::from(denominator);
        match (reaches(WARNING_LEVEL), reaches(VERY_LARGE)) {
            (false, _) => Self::Below,
            (true, false) => Self::Near,
            (true, true) => Self::VeryLarge,
        }
    }

    /// Its name, as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Below => "BELOW",
            Self::Near => "NEAR",
            Self::VeryLarge => "VERY_LARGE",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_5_03_four_fifths_of_the_threshold_are_near_it() {
        let levels = [0, WARNING_LEVEL * 6 - 1, WARNING_LEVEL * 6, VERY_LARGE * 6 - 1, VERY_LARGE * 6, u64::MAX];
        assert_eq!(
            levels.map(|numerator| Level::of(numerator, 6)),
            [Level::Below, Level::Below, Level::Near, Level::Near, Level::VeryLarge, Level::VeryLarge]
        );
    }
}
