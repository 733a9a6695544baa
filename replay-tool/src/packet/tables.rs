//! The sizes of the monthly sets, as CSV (RFC 4180): numbers, and names that need no quotes.

use std::collections::BTreeMap;

use domain::place::MemberState;
use projections::active_recipients::{Average, MonthRow};

/// A row a month: in the Union, in each part, and the visits that were left out.
pub(super) fn figures(average: &Average) -> String {
    let mut csv = "month,union,buyers,traders,visitors,excluded_bots,excluded_incidental\n".to_owned();
    for (month, row) in &average.months {
        let MonthRow { union, buyers, traders, visitors, excluded, .. } = row;
        let (bots, incidental) = (excluded.bots, excluded.incidental);
        csv.push_str(&format!("{month},{union},{buyers},{traders},{visitors},{bots},{incidental}\n"));
    }
    csv
}

/// A row a Member State, all 27 of them, and a column a month.
pub(super) fn member_states(average: &Average) -> String {
    let months: Vec<BTreeMap<MemberState, u64>> =
        average.months.iter().map(|(_, row)| row.states().collect()).collect();
    let names: Vec<String> = average.months.iter().map(|(month, _)| month.to_string()).collect();
    let mut csv = format!("member_state,{}\n", names.join(","));
    for state in MemberState::ALL {
        let sizes = months.iter().map(|month| month.get(&state).copied().unwrap_or_default().to_string());
        csv.push_str(&format!("{state},{}\n", sizes.collect::<Vec<_>>().join(",")));
    }
    csv
}
