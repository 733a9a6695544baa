//! Has the client's sockets send what is written at once.
//!
//! The client writes a call in two pieces and leaves Nagle's algorithm on, so that the second piece waits for the first
//! one's acknowledgement, which the other side delays: about 40 ms for each lone call. It offers no way to its sockets,
//! so they are looked for among the process's own: those that are connected to a server's port. Turning the delay off on
//! a socket that is not the client's after all would do no harm.
//!
//! Linux gives a process a second handle on a socket of its own, which needs no `unsafe`. Where it does not (other
//! systems, containers that forbid `pidfd_getfd`) a lone call takes its 40 ms, and that is said once.

/// Does so for every socket that is connected to one of these ports.
pub(crate) fn set(ports: &[u16]) {
    #[cfg(target_os = "linux")]
    if let Err(error) = linux::set(ports) {
        static SAID: std::sync::Once = std::sync::Once::new();
        SAID.call_once(|| {
            tracing::info!(
                %error,
                "each lone call to the log's server takes about 40 ms, because TCP_NODELAY can't be set on the client's \
                 socket; in a container, allow pidfd_getfd"
            );
        });
    }
    #[cfg(not(target_os = "linux"))]
    let _ = ports;
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::io;
    use std::net::SocketAddr;
    use std::os::fd::RawFd;

    use rustix::net::getpeername;
    use rustix::net::sockopt::set_tcp_nodelay;
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

    pub(super) fn set(ports: &[u16]) -> io::Result<()> {
        let process = pidfd_open(getpid(), PidfdFlags::empty())?;
        for entry in fs::read_dir("/proc/self/fd")? {
            let entry = entry?;
            // A file that was closed meanwhile is none of ours.
            let is_socket = fs::read_link(entry.path()).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"));
            let number = entry.file_name().to_str().and_then(|name| name.parse::<RawFd>().ok());
            let (true, Some(number)) = (is_socket, number) else {
                continue;
            };
            let socket = match pidfd_getfd(&process, number, PidfdGetfdFlags::empty()) {
                Ok(socket) => socket,
                Err(rustix::io::Errno::BADF) => continue,
                Err(error) => return Err(error.into()),
            };
            let peer = getpeername(&socket).ok().flatten().and_then(|peer| SocketAddr::try_from(peer).ok());
            if peer.is_some_and(|peer| ports.contains(&peer.port())) {
                set_tcp_nodelay(&socket, true)?;
            }
        }
        Ok(())
    }
}
