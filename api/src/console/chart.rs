//! Active recipients by month as an SVG: bars, an axis with its unit, and the threshold of a very large platform as a line.
//!
//! A pure function of numbers. Colours are `console.css`'s, by classes: the page's policy lets no style stand in a page. A
//! marketplace is most often so far below the threshold that its months would not be seen on one scale with it; so there are
//! two scales, and on the months' own the threshold is named where it is not drawn. The same numbers stand in a table beside
//! the chart, which is for whoever does not see it.

use std::fmt;

use projections::active_recipients::Fraction;

use super::number::whole;

/// Where what is drawn begins and ends, in the units of the view box.
const WIDTH: u64 = 720;
const HEIGHT: u64 = 320;
const LEFT: u64 = 92;
const RIGHT: u64 = 708;
const TOP: u64 = 60;
const BOTTOM: u64 = 262;

/// Into about how many parts an axis is divided.
const TICKS: u64 = 5;
/// How much of a month's place its bar takes, in hundredths.
const BAR_HUNDREDTHS: u64 = 66;
/// From here on a bar's number is written in millions, for there is no room for all its digits.
const MILLION: u64 = 1_000_000;

/// Up to where the axis goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    /// To the highest month.
    Months,
    /// To the threshold at least.
    Threshold,
}

/// A month's bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bar {
    /// The month, as in 2025-07.
    pub(super) month: String,
    /// How many recipients.
    pub(super) recipients: u64,
    /// Whether it is of the six months that are looked at; the others are drawn for comparison.
    pub(super) counts: bool,
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chart<'a> {
    /// The six months, as in 2025-H2.
    pub(super) period: &'a str,
    /// The months, in order.
    pub(super) bars: &'a [Bar],
    /// From how many on a platform is a very large one.
    pub(super) threshold: u64,
    /// Up to where.
    pub(super) scale: Scale,
}

/// An axis from zero to a round number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Axis {
    step: u64,
    end: u64,
}

impl Axis {
    /// The one on which this can be shown, divided by a step of 1, 2 or 5 and zeros.
    fn to(most: u64) -> Self {
        let mut power = 1_u64;
        loop {
            for digit in [1, 2, 5] {
                let step = power.saturating_mul(digit);
                if step.saturating_mul(TICKS) >= most {
                    return Self { step, end: most.div_ceil(step).max(1).saturating_mul(step) };
                }
            }
            power = power.saturating_mul(10);
        }
    }

    /// How high a number stands.
    fn y(self, number: u64) -> u64 {
        let height = u128::from(BOTTOM - TOP) * u128::from(number) / u128::from(self.end);
        // No number is above the axis' end.
        BOTTOM - u64::try_from(height).unwrap_or(BOTTOM - TOP)
    }
}

impl Chart<'_> {
    /// The highest month.
    fn highest(&self) -> Option<&Bar> {
        // Of equal ones the earliest.
        self.bars.iter().rev().max_by_key(|bar| bar.recipients)
    }

    fn axis(&self) -> Axis {
        let highest = self.highest().map_or(0, |bar| bar.recipients);
        match self.scale {
            Scale::Months => Axis::to(highest),
            Scale::Threshold => Axis::to(highest.max(self.threshold)),
        }
    }

    /// Whether the threshold is on the chart.
    fn has_threshold(&self) -> bool {
        self.axis().end >= self.threshold
    }

    /// That the threshold is not on the chart, and how far off it is.
    fn off_scale(&self) -> String {
        let threshold = whole(self.threshold);
        match self.highest().map(|bar| bar.recipients).filter(|highest| *highest > 0) {
            Some(highest) => {
                let times = whole(self.threshold / highest);
                format!("The threshold, {threshold}, is off this scale: {times} times the highest month")
            }
            None => format!("The threshold, {threshold}, is off this scale"),
        }
    }

    /// What the chart says, in a sentence or two.
    fn description(&self) -> String {
        let range = match (self.bars.first(), self.bars.last(), self.highest()) {
            (Some(first), Some(last), Some(highest)) => format!(
                "{} recipients in {}, {} in {}; the highest month is {} with {}. ",
                whole(first.recipients),
                first.month,
                whole(last.recipients),
                last.month,
                highest.month,
                whole(highest.recipients),
            ),
            _ => String::new(),
        };
        let threshold = if self.has_threshold() {
            format!("A line marks the threshold of {}.", whole(self.threshold))
        } else {
            format!("{}.", self.off_scale())
        };
        range + &threshold
    }
}

/// What stands above a bar.
fn above(recipients: u64) -> String {
    if recipients < MILLION {
        return whole(recipients);
    }
    format!("{} M", Fraction::new(recipients.into(), MILLION).decimal(2))
}

impl fmt::Display for Chart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let axis = self.axis();
        writeln!(
            f,
            "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-labelledby=\"chart-title chart-desc\">"
        )?;
        writeln!(
            f,
            "<title id=\"chart-title\">Active recipients in the Union by month, up to {}</title>",
            self.period
        )?;
        writeln!(f, "<desc id=\"chart-desc\">{}</desc>", self.description())?;
        writeln!(f, "<text class=\"unit\" x=\"4\" y=\"{}\">Recipients a month</text>", TOP - 18)?;
        for tick in (0..=axis.end / axis.step).map(|tick| tick * axis.step) {
            let y = axis.y(tick);
            writeln!(f, "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{y}\" y2=\"{y}\"/>")?;
            writeln!(f, "<text class=\"tick\" x=\"{}\" y=\"{}\">{}</text>", LEFT - 8, y + 4, whole(tick))?;
        }
        let place = (RIGHT - LEFT) / (self.bars.len() as u64).max(1);
        let width = place * BAR_HUNDREDTHS / 100;
        for (bar, x) in self.bars.iter().zip((LEFT..).step_by(usize::try_from(place).unwrap_or(1).max(1))) {
            let (y, middle) = (axis.y(bar.recipients), x + place / 2);
            // Few are not none.
            let y = if bar.recipients > 0 { y.min(BOTTOM - 1) } else { y };
            let class = if bar.counts { "bar" } else { "bar before" };
            let left = x + (place - width) / 2;
            writeln!(
                f,
                "<rect class=\"{class}\" x=\"{left}\" y=\"{y}\" width=\"{width}\" height=\"{}\"/>",
                BOTTOM - y
            )?;
            writeln!(f, "<text class=\"value\" x=\"{middle}\" y=\"{}\">{}</text>", y - 6, above(bar.recipients))?;
            writeln!(f, "<text class=\"month\" x=\"{middle}\" y=\"{}\">{}</text>", BOTTOM + 18, bar.month)?;
        }
        let before = self.bars.iter().filter(|bar| !bar.counts).count() as u64;
        let groups = [("the months before", 0, before), (self.period, before, self.bars.len() as u64)];
        for (words, from, to) in groups.into_iter().filter(|(_, from, to)| from < to) {
            let (left, right) = (LEFT + from * place + 4, LEFT + to * place - 4);
            let y = BOTTOM + 28;
            writeln!(f, "<line class=\"group\" x1=\"{left}\" x2=\"{right}\" y1=\"{y}\" y2=\"{y}\"/>")?;
            writeln!(f, "<text class=\"month\" x=\"{}\" y=\"{}\">{words}</text>", left.midpoint(right), y + 18)?;
        }
        if self.has_threshold() {
            let y = axis.y(self.threshold);
            writeln!(f, "<line class=\"threshold\" x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{y}\" y2=\"{y}\"/>")?;
            let words = format!("Threshold of a very large platform: {}", whole(self.threshold));
            writeln!(f, "<text class=\"threshold\" x=\"{}\" y=\"{}\">{words}</text>", LEFT + 6, y - 7)?;
        } else {
            writeln!(f, "<path class=\"off\" d=\"M{} 8l6 10h-12z\"/>", LEFT + 6)?;
            writeln!(f, "<text class=\"threshold\" x=\"{}\" y=\"18\">{}</text>", LEFT + 20, self.off_scale())?;
        }
        f.write_str("</svg>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THRESHOLD: u64 = 45_000_000;

    fn drawn(recipients: &[u64], scale: Scale) -> String {
        let bar = |(index, recipients): (usize, &u64)| Bar {
            month: format!("2025-{:02}", index + 1),
            recipients: *recipients,
            counts: index >= 6,
        };
        let bars: Vec<Bar> = recipients.iter().enumerate().map(bar).collect();
        Chart { period: "2025-H2", bars: &bars, threshold: THRESHOLD, scale }.to_string()
    }

    const SMALL: [u64; 12] = [0, 1_024, 1_100, 1_310, 1_205, 1_288, 1_402, 1_377, 1_510, 1_498, 2_230, 1_877];

    #[test]
    fn months_far_below_the_threshold_are_drawn_at_their_own_scale_and_the_threshold_is_named() {
        insta::assert_snapshot!(drawn(&SMALL, Scale::Months));
    }

    #[test]
    fn on_the_scale_of_the_threshold_few_recipients_are_seen_to_be_few() {
        insta::assert_snapshot!(drawn(&SMALL, Scale::Threshold));
    }

    #[test]
    fn from_the_threshold_on_the_axis_goes_to_the_highest_month() {
        let large = SMALL.map(|few| 40_000_000 + few * 3_000);
        insta::assert_snapshot!(drawn(&large, Scale::Threshold));
    }

    #[test]
    fn nothing_is_drawn_of_months_in_which_there_was_nobody() {
        insta::assert_snapshot!(drawn(&[0; 12], Scale::Months));
    }

    #[test]
    fn an_axis_ends_at_a_round_number_that_is_high_enough() {
        for (most, step, end) in [
            (0, 1, 1),
            (1, 1, 1),
            (6, 2, 6),
            (99, 20, 100),
            (2_230, 500, 2_500),
            (45_000_000, 10_000_000, 50_000_000),
            (u64::MAX, 5_000_000_000_000_000_000, u64::MAX),
        ] {
            assert_eq!(Axis::to(most), Axis { step, end }, "{most}");
        }
    }
}
