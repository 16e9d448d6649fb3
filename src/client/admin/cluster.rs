//! The cluster: its id and its brokers.

use super::Admin;
use crate::client::cluster::Topics;
use crate::client::error::{Error, check};
use crate::client::metadata::{Broker, address};
use crate::client::retry::Retry;
use crate::net;
use crate::protocol::messages::{DescribeClusterRequest, DescribeClusterResponse};

/// A cluster and its brokers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterDescription {
    /// Its id.
    pub id: String,
    /// The broker that is named as controller.
    pub controller: Option<i32>,
    /// By id; with a flag for brokers that are fenced.
    pub brokers: Vec<(Broker, bool)>,
}

impl Admin {
    /// The cluster and its brokers; fenced ones only if asked for.
    ///
    /// # Errors
    /// When no broker answers, or the broker refuses.
    pub async fn describe_cluster(&self, with_fenced: bool) -> Result<ClusterDescription, Error> {
        let request = DescribeClusterRequest {
            include_fenced_brokers: with_fenced,
            ..DescribeClusterRequest::default()
        };
        let mut retry = Retry::new(self.cluster.config(), "describe the cluster");
        loop {
            match self.cluster.ask_any(&request).await {
                Ok(response) => return described(response),
                Err(Error::Net(net::Error::Unsupported { .. })) => {
                    return self.cluster_by_metadata().await;
                }
                Err(error) => retry.after(error).await?,
            }
        }
    }

    async fn cluster_by_metadata(&self) -> Result<ClusterDescription, Error> {
        let metadata = self.cluster.refresh(Topics::None, false).await?;
        Ok(ClusterDescription {
            id: metadata.cluster_id.clone().unwrap_or_default(),
            controller: metadata.controller,
            brokers: metadata
                .brokers
                .values()
                .map(|broker| (broker.clone(), false))
                .collect(),
        })
    }
}

fn described(response: DescribeClusterResponse) -> Result<ClusterDescription, Error> {
    check(
        response.error_code,
        response.error_message.as_deref(),
        "the cluster",
    )?;
    let brokers = response.brokers.into_iter().map(|broker| {
        let is_fenced = broker.is_fenced;
        let broker = Broker {
            id: broker.broker_id,
            address: address(&broker.host, broker.port),
            rack: broker.rack.map(|rack| rack.to_string()),
        };
        (broker, is_fenced)
    });
    let mut brokers: Vec<_> = brokers.collect();
    brokers.sort_unstable_by_key(|(broker, _is_fenced)| broker.id);
    Ok(ClusterDescription {
        id: response.cluster_id.to_string(),
        controller: (response.controller_id >= 0).then_some(response.controller_id),
        brokers,
    })
}
