//! The listeners: accept connections, bound how many there are, and wait for them when the broker stops.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use super::Broker;
use super::api::Session;
use super::config::Sockets;
use super::connection::{self, ConnectionError};
use super::hosting::chain;

/// How long to hold off after an accept that failed, which mostly means that no descriptor is free.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(100);

/// A listener.
#[derive(Debug)]
pub struct Door {
    /// Where it listens.
    pub socket: TcpListener,
    /// Its name, such as `PLAINTEXT`.
    pub name: String,
    /// How many connections all listeners may have between them.
    pub room: Arc<Room>,
}

/// Counts connections (`max.connections`, `max.connections.per.ip`).
#[derive(Debug)]
pub struct Room {
    connections_max: usize,
    per_address_max: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A place for one connection; given back when dropped.
#[derive(Debug)]
struct Place {
    room: Arc<Room>,
    address: IpAddr,
}

impl Room {
    /// Room as the configuration has it.
    pub fn new(sockets: &Sockets) -> Self {
        Self {
            connections_max: sockets.max_connections,
            per_address_max: sockets.max_connections_per_ip,
            taken: Mutex::default(),
        }
    }

    /// A place for a connection from `address`, or the key of the limit that is reached.
    fn take(self: &Arc<Self>, address: IpAddr) -> Result<Place, &'static str> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.total >= self.connections_max {
            return Err("max.connections");
        }
        let here = taken.by_address.entry(address).or_default();
        if *here >= self.per_address_max {
            return Err("max.connections.per.ip");
        }
        *here += 1;
        taken.total += 1;
        Ok(Place {
            room: Arc::clone(self),
            address,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self
            .room
            .taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        taken.total = taken.total.saturating_sub(1);
        if let Some(here) = taken.by_address.get_mut(&self.address) {
            *here = here.saturating_sub(1);
            if *here == 0 {
                taken.by_address.remove(&self.address);
            }
        }
    }
}

/// Accepts connections until `stop` is cancelled. Connections are tasks of `tasks`.
pub async fn accept(broker: Arc<Broker>, door: Door, tasks: TaskTracker, stop: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            accepted = door.socket.accept() => accepted,
        };
        let (socket, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_BACKOFF).await;
                continue;
            }
        };
        let place = match door.room.take(peer.ip()) {
            Ok(place) => place,
            Err(limit) => {
                warn!(%peer, limit, "connection refused: there are as many as allowed");
                continue;
            }
        };
        let (broker, stop, listener) = (Arc::clone(&broker), stop.clone(), door.name.clone());
        tasks.spawn(async move {
            serve(
                &broker,
                &socket,
                Peer {
                    address: peer,
                    listener,
                },
                &stop,
            )
            .await;
            drop(place);
        });
    }
}

struct Peer {
    address: SocketAddr,
    listener: String,
}

async fn serve(broker: &Arc<Broker>, socket: &TcpStream, peer: Peer, stop: &CancellationToken) {
    let Peer { address, listener } = peer;
    if let Err(error) = socket.set_nodelay(true) {
        debug!(peer = %address, %error, "cannot set TCP_NODELAY");
    }
    let session = Session {
        client_host: format!("/{}", address.ip()),
        listener,
    };
    match connection::serve(broker, socket, session, stop).await {
        Ok(()) => debug!(peer = %address, "connection closed"),
        Err(error @ (ConnectionError::Broken(_) | ConnectionError::Idle(_))) => {
            debug!(peer = %address, error = chain(&error), "connection ended");
        }
        Err(error @ (ConnectionError::FrameLength { .. } | ConnectionError::Refused(_))) => {
            info!(peer = %address, error = chain(&error), "connection closed by the broker");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_ends_makes_room_for_another() {
        let room = Arc::new(Room {
            connections_max: 2,
            per_address_max: 1,
            taken: Mutex::default(),
        });
        let (a, b, c) = (
            [127, 0, 0, 1].into(),
            [127, 0, 0, 2].into(),
            [127, 0, 0, 3].into(),
        );
        let first = room.take(a).unwrap();
        assert_eq!(room.take(a).unwrap_err(), "max.connections.per.ip");
        let second = room.take(b).unwrap();
        assert_eq!(room.take(c).unwrap_err(), "max.connections");
        drop(first);
        assert!(room.take(c).is_ok());
        drop(second);
        assert!(room.taken.lock().unwrap().by_address.is_empty());
    }
}
