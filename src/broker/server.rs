//! The listener: accepts connections, bounds how many there are, and waits for them when the broker stops.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use super::Broker;
use super::api::Session;
use super::connection::{self, ConnectionError};
use super::hosting::chain;

/// How long to hold off after an accept that failed, which mostly means that no descriptor is free.
const ACCEPT_BACKOFF: std::time::Duration = std::time::Duration::from_millis(100);

/// Accepts connections on `listener` until `stop` is cancelled. Connections are tasks of `tasks`.
pub async fn accept(
    broker: Arc<Broker>,
    listener: TcpListener,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    let room = Arc::new(Semaphore::new(
        broker
            .config
            .sockets
            .max_connections
            .min(Semaphore::MAX_PERMITS),
    ));
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let (socket, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_BACKOFF).await;
                continue;
            }
        };
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
            warn!(%peer, limit = broker.config.sockets.max_connections, "connection refused: max.connections is reached");
            continue;
        };
        let (broker, stop) = (Arc::clone(&broker), stop.clone());
        tasks.spawn(async move {
            serve(&broker, &socket, peer, &stop).await;
            drop(permit);
        });
    }
}

async fn serve(
    broker: &Arc<Broker>,
    socket: &TcpStream,
    peer: SocketAddr,
    stop: &CancellationToken,
) {
    if let Err(error) = socket.set_nodelay(true) {
        debug!(%peer, %error, "cannot set TCP_NODELAY");
    }
    let session = Session {
        client_host: format!("/{}", peer.ip()),
        listener: "PLAINTEXT".to_owned(),
    };
    match connection::serve(broker, socket, session, stop).await {
        Ok(()) => debug!(%peer, "connection closed"),
        Err(error @ (ConnectionError::Broken(_) | ConnectionError::Idle(_))) => {
            debug!(%peer, error = chain(&error), "connection ended");
        }
        Err(error @ (ConnectionError::FrameLength { .. } | ConnectionError::Refused(_))) => {
            info!(%peer, error = chain(&error), "connection closed by the broker");
        }
    }
}
