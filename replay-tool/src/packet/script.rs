//! What checks a packet: a shell script that runs this program.

use super::Packet;
use super::read_me::PROGRAM;
use crate::template::filled;

const TEMPLATE: &str = include_str!("verify.sh");

/// The script.
pub(super) fn text(packet: &Packet) -> String {
    filled(
        TEMPLATE,
        &[
            ("period", packet.period.to_string()),
            ("position", packet.position().to_string()),
            ("as_of", packet.as_of()),
            ("size", packet.head.head.size.to_string()),
            ("program", PROGRAM.to_owned()),
        ],
    )
}
