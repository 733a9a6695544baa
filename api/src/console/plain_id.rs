//! Ids as people and other programs read them: the API takes them back as it takes its own global ones.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// The UUID in a global id; the id itself where it is none.
pub(super) fn plain(global: &str) -> String {
    let text = BASE64.decode(global).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.and_then(|text| text.split_once(':').map(|(_, uuid)| uuid.to_owned())).unwrap_or_else(|| global.to_owned())
}
