//! Who is in the cluster, for clients that discover it: this node, which leads.

use std::net::SocketAddr;

use chrono::Utc;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::wire::gossip::gossip_server::Gossip;
use crate::wire::gossip::member_info::VNodeState;
use crate::wire::gossip::{ClusterInfo, EndPoint, MemberInfo};
use crate::wire::{Empty, IdForm};

/// A tick is 100 ns.
const TICKS_PER_MICROSECOND: i64 = 10;

/// The service.
pub(crate) struct Service {
    pub(crate) id: Uuid,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// As which host and port clients know it, where that is not how they came.
    pub(crate) advertised: Option<(String, u16)>,
}

#[tonic::async_trait]
impl Gossip for Service {
    /// Clients ask this before they log in.
    async fn read(&self, request: Request<Empty>) -> Result<Response<ClusterInfo>, Status> {
        let (address, port) = self.advertised.clone().unwrap_or_else(|| {
            // The address that the client reached: the one listened on may be all of them.
            let reached = request.local_addr().unwrap_or(self.address);
            (reached.ip().to_string(), reached.port())
        });
        let member = MemberInfo {
            instance_id: Some(IdForm::Text.write(self.id)),
            time_stamp: Utc::now().timestamp_micros().saturating_mul(TICKS_PER_MICROSECOND),
            state: VNodeState::Leader.into(),
            is_alive: true,
            http_end_point: Some(EndPoint { address, port: port.into() }),
        };
        Ok(Response::new(ClusterInfo { members: vec![member] }))
    }
}
