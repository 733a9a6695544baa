//! The header that says who asks, on both faces.

use std::sync::{LazyLock, Mutex};

use api::auth::Session;
use api::token::Signer;
use event_log_grpc::Access;
use tonic::Code;

use crate::calls::Node;

/// What tokens are signed with here.
pub const SECRET: [u8; 32] = [7; 32];

/// A buyer, and nobody else, has a token that was signed with the secret here; it is in the corpus and holds until 2100.
const SUBJECT: &str = "5f1c0c4e-3c39-4f8e-9c56-8f8f3a3d1c11";

static FACES: LazyLock<Mutex<(Node, Signer)>> =
    LazyLock::new(|| Mutex::new((Node::open(Access::Nothing), Signer::new(&SECRET))));

/// The header's value.
pub fn authorization(input: &[u8]) {
    let faces = FACES.lock().unwrap();
    let (node, signer) = &*faces;
    let outcome = node.call("Read", Some(input), [], |_| false);
    outcome.is_told();
    // A buyer's token is known, and does not open the book.
    let refused = [Code::Unauthenticated, Code::PermissionDenied];
    assert!(refused.contains(&outcome.status.code()), "{:?}", outcome.status);
    if let Ok(text) = std::str::from_utf8(input)
        && let Ok(session) = Session::of_authorization(text, signer)
    {
        let identity = session.viewer.identity().expect("a token is somebody's");
        assert_eq!((identity.role, identity.subject.as_str()), (domain::metadata::Role::Buyer, SUBJECT));
    }
}
