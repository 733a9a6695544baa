//! Places for connections, and room for what they send: what both faces to the network share.
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`places`] | who is connected, and who gives way when there are as many as may be |
//! | [`connection`] | a connection that is cut off when it keeps its place for nothing |
//! | [`room`] | bytes that are held of what clients send |
//!
//! Invariants: there are never more connections than places, nor more bytes than room; nobody who is being answered gives
//! way, and nobody else keeps whoever comes out. Absences: nothing here knows a protocol.

pub mod connection;
pub mod places;
pub mod room;

pub use connection::{Connection, connections};
pub use places::{Call, Limits, Place, Places, Visitor};
pub use room::{Charge, Full, Room};
