//! Active recipients by month and Member State, and the figure that is published of them (DSA art. 24(2); R-5-01 to R-5-04).

mod average;
mod month;
mod view;

pub use average::{Average, VERY_LARGE};
pub use month::MonthRow;
pub use view::{ActiveRecipients, ActiveRecipientsReader, counts_in};
