//! Countries by their name in the reader's language.

use domain::place::{Country, MemberState};

use super::MailLanguage;

/// A Member State's name as a list of countries has it, without an article; the code of any other country.
pub(crate) fn country(country: Country, language: MailLanguage) -> String {
    country.member_state().map_or_else(|| country.code().to_owned(), |state| name(state, language).to_owned())
}

const fn name(state: MemberState, language: MailLanguage) -> &'static str {
    let [english, french, dutch, german] = match state {
        MemberState::AT => ["Austria", "Autriche", "Oostenrijk", "Österreich"],
        MemberState::BE => ["Belgium", "Belgique", "België", "Belgien"],
        MemberState::BG => ["Bulgaria", "Bulgarie", "Bulgarije", "Bulgarien"],
        MemberState::CY => ["Cyprus", "Chypre", "Cyprus", "Zypern"],
        MemberState::CZ => ["Czechia", "Tchéquie", "Tsjechië", "Tschechien"],
        MemberState::DE => ["Germany", "Allemagne", "Duitsland", "Deutschland"],
        MemberState::DK => ["Denmark", "Danemark", "Denemarken", "Dänemark"],
        MemberState::EE => ["Estonia", "Estonie", "Estland", "Estland"],
        MemberState::ES => ["Spain", "Espagne", "Spanje", "Spanien"],
        MemberState::FI => ["Finland", "Finlande", "Finland", "Finnland"],
        MemberState::FR => ["France", "France", "Frankrijk", "Frankreich"],
        MemberState::GR => ["Greece", "Grèce", "Griekenland", "Griechenland"],
        MemberState::HR => ["Croatia", "Croatie", "Kroatië", "Kroatien"],
        MemberState::HU => ["Hungary", "Hongrie", "Hongarije", "Ungarn"],
        MemberState::IE => ["Ireland", "Irlande", "Ierland", "Irland"],
        MemberState::IT => ["Italy", "Italie", "Italië", "Italien"],
        MemberState::LT => ["Lithuania", "Lituanie", "Litouwen", "Litauen"],
        MemberState::LU => ["Luxembourg", "Luxembourg", "Luxemburg", "Luxemburg"],
        MemberState::LV => ["Latvia", "Lettonie", "Letland", "Lettland"],
        MemberState::MT => ["Malta", "Malte", "Malta", "Malta"],
        MemberState::NL => ["Netherlands", "Pays-Bas", "Nederland", "Niederlande"],
        MemberState::PL => ["Poland", "Pologne", "Polen", "Polen"],
        MemberState::PT => ["Portugal", "Portugal", "Portugal", "Portugal"],
        MemberState::RO => ["Romania", "Roumanie", "Roemenië", "Rumänien"],
        MemberState::SE => ["Sweden", "Suède", "Zweden", "Schweden"],
        MemberState::SI => ["Slovenia", "Slovénie", "Slovenië", "Slowenien"],
        MemberState::SK => ["Slovakia", "Slovaquie", "Slowakije", "Slowakei"],
    };
    match language {
        MailLanguage::English => english,
        MailLanguage::French => french,
        MailLanguage::Dutch => dutch,
        MailLanguage::German => german,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_outside_the_union_is_its_code() {
        assert_eq!(country("DE".parse().unwrap(), MailLanguage::Dutch), "Duitsland");
        assert_eq!(country("BR".parse().unwrap(), MailLanguage::French), "BR");
    }
}
