//! With what TLS encrypts.

/// Has whatever speaks TLS by the process's default use ring. It is said once a process; a second time says the same.
pub(crate) fn use_ring() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
