//! `kaffa doctor`: goes the way of a client one step at a time, says how long each took, and then in one sentence what is
//! wrong. Changes nothing: where groups have never been used it does not ask for a coordinator, which would create their topic.

use std::{sync::Arc, time::Duration};

use clap::Parser;
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::Instant};

use super::{
    Original, Tool,
    args::client::{self, Connection},
    explain::{Plan, step},
    failure::{Failure, Refused, Reported},
    printer::{Mode, Printer, colour::Colour, table},
};
use crate::{
    client::{Cluster, cluster::Topics, config::ClientConfig, metadata::Metadata},
    net::{self, Address, Death},
    properties::Properties,
};

/// Milliseconds for a step, unless a property says otherwise.
const STEP_MS: &str = "3000";
/// Where groups are kept.
const OFFSETS: &str = "__consumer_offsets";

const NOTES: &str = "\
A step may take 3 seconds; request.timeout.ms, socket.connection.setup.timeout.ms and default.api.timeout.ms say otherwise.";

/// Find out why a cluster cannot be used from here.
#[derive(Debug, Clone, Default, Parser)]
#[command(after_help = NOTES)]
pub struct Doctor {
    /// Which cluster.
    #[command(flatten)]
    pub connection: Connection,
    /// A client property; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub command_property: Vec<String>,
}

impl Tool for Doctor {
    const ORIGINAL: Original = Original {
        about: "Find out why a cluster cannot be used from here",
        examples: "",
        summary: "",
        parser_errors_show_usage: false,
        patience: Duration::ZERO,
    };

    fn check(&self, _out: &mut Printer<'_>) -> anyhow::Result<()> {
        Ok(())
    }

    fn plan(&self) -> anyhow::Result<Plan> {
        let each = "every server, and every broker that they name";
        let steps = vec![
            step("ApiVersions", "what is spoken there", each, ""),
            step("Metadata", "the brokers", "any broker", ""),
            step(
                "FindCoordinator",
                "a group, if groups are in use",
                "any broker",
                "Describe on Group",
            ),
        ];
        let properties = self.properties()?;
        Ok(Plan { steps, properties })
    }

    fn set_defaults(&mut self, defaults: Properties) {
        self.connection.defaults = defaults;
    }

    async fn run(self, out: &mut Printer<'_>) -> anyhow::Result<()> {
        let (config, _unknown) = client::config(&self.properties()?).map_err(Refused)?;
        let mut visit = Visit {
            config,
            out,
            done: Vec::new(),
            wrong: None,
        };
        visit.run().await?;
        visit.conclude()
    }
}

impl Doctor {
    fn properties(&self) -> anyhow::Result<Properties> {
        let mut properties = self.connection.properties()?;
        properties.extend(client::read_words(&self.command_property));
        for key in [
            "request.timeout.ms",
            "socket.connection.setup.timeout.ms",
            "default.api.timeout.ms",
        ] {
            properties.set_default(key, STEP_MS);
        }
        Ok(properties)
    }
}

/// What is known by now.
struct Visit<'v, 'o> {
    config: ClientConfig,
    out: &'v mut Printer<'o>,
    done: Vec<Value>,
    /// What is wrong, from the first step that failed.
    wrong: Option<String>,
}

/// What came of a step: something to show, or why it failed and a sentence about what is wrong.
type Found = Result<String, (String, String)>;

impl Visit<'_, '_> {
    async fn run(&mut self) -> anyhow::Result<()> {
        let mut usable = false;
        for server in self.config.bootstrap_servers.clone() {
            let wrong = |why: &str| format!("{server} {why}");
            usable |= self.knock(&server, wrong).await?;
        }
        if !usable {
            return Ok(());
        }
        let started = Instant::now();
        let (cluster, metadata) = match self.metadata().await {
            Ok(known) => known,
            Err(why) => return self.tell("metadata", "", started, Err((why.clone(), why))),
        };
        let id = metadata.cluster_id.as_deref().unwrap_or("without an id");
        let count = metadata.brokers.len();
        let found = format!("cluster {id}, {}", table::count(count, "broker"));
        self.tell("metadata", "", started, Ok(found))?;
        for broker in metadata.brokers.values() {
            let wrong = |why: &str| {
                let (id, address) = (broker.id, &broker.address);
                format!(
                    "broker {id} tells clients to connect to {address}, which {why}: its advertised.listeners are of no use from here"
                )
            };
            self.knock(&broker.address, wrong).await?;
        }
        self.unknown(
            "clock",
            "not measured: no request that writes nothing tells a broker's time",
        )?;
        if metadata.partition_count(OFFSETS).is_none() {
            return self.unknown("coordinator", "not asked for: no group has been used yet");
        }
        let started = Instant::now();
        let found = cluster.coordinator("kaffa-doctor").await;
        let found = found.map(|id| format!("broker {id}")).map_err(|error| {
            let why = Failure::from(&error).message;
            (why.clone(), format!("groups cannot be used: {why}"))
        });
        self.tell("coordinator", "", started, found)
    }

    async fn metadata(&self) -> Result<(Cluster, Arc<Metadata>), String> {
        let said = |error| Failure::from(&error).message;
        let cluster = Cluster::connect(self.config.clone()).await.map_err(said)?;
        let names = [OFFSETS.to_owned()];
        let topics = Topics::Named(&names);
        let metadata = cluster.refresh(topics, false).await.map_err(said)?;
        Ok((cluster, metadata))
    }

    /// Resolves, connects and asks for versions; whether all of it worked. `wrong` makes a sentence of what is wrong.
    async fn knock(
        &mut self,
        address: &Address,
        wrong: impl Fn(&str) -> String,
    ) -> anyhow::Result<bool> {
        let subject = address.to_string();
        let started = Instant::now();
        let host = (address.host.as_str(), address.port);
        let addresses: Vec<_> =
            match within(self.config.connect_timeout, tokio::net::lookup_host(host)).await {
                Ok(addresses) => addresses.collect(),
                Err(why) => {
                    self.tell(
                        "resolve",
                        &subject,
                        started,
                        Err((why, wrong("does not resolve"))),
                    )?;
                    return Ok(false);
                }
            };
        let shown: Vec<_> = addresses
            .iter()
            .map(|address| address.ip().to_string())
            .collect();
        self.tell("resolve", &subject, started, Ok(shown.join(", ")))?;
        let started = Instant::now();
        match within(
            self.config.connect_timeout,
            TcpStream::connect(addresses.as_slice()),
        )
        .await
        {
            Ok(_stream) => self.tell("connect", &subject, started, Ok(String::new()))?,
            Err(why) => {
                let sentence = wrong(&format!("cannot be reached ({why})"));
                self.tell("connect", &subject, started, Err((why, sentence)))?;
                return Ok(false);
            }
        }
        let started = Instant::now();
        let options = self.config.connection_options();
        let found = net::Connection::connect(address.clone(), options).await;
        let found = found.map(|_connection| "speaks Kafka".to_owned());
        let found = found.map_err(|error| (error.to_string(), wrong(&why_mute(&error))));
        let is_ok = found.is_ok();
        self.tell("versions", &subject, started, found)?;
        Ok(is_ok)
    }

    /// Prints a step; the first that failed says what is wrong.
    fn tell(
        &mut self,
        step: &str,
        subject: &str,
        started: Instant,
        found: Found,
    ) -> anyhow::Result<()> {
        let took = started.elapsed().as_secs_f64() * 1000.0;
        let is_ok = found.is_ok();
        let detail = found.unwrap_or_else(|(why, wrong)| {
            self.wrong.get_or_insert(wrong);
            why
        });
        self.done.push(json!({"step": step, "subject": subject, "ok": is_ok, "took_ms": took, "detail": detail}));
        let time = format!("{took:.1} ms");
        self.line((step, Some(is_ok)), subject, &time, &detail)
    }

    /// Prints a step that was not taken.
    fn unknown(&mut self, step: &str, why: &str) -> anyhow::Result<()> {
        self.done
            .push(json!({"step": step, "subject": "", "ok": null, "took_ms": null, "detail": why}));
        self.line((step, None), "", "", why)
    }

    fn line(
        &mut self,
        (step, is_ok): (&str, Option<bool>),
        subject: &str,
        time: &str,
        detail: &str,
    ) -> anyhow::Result<()> {
        let sign = match is_ok {
            Some(true) => Colour::Green.paint("ok  ", self.out.look.colour_out),
            Some(false) => Colour::Red.paint("fail", self.out.look.colour_out),
            None => "-   ".to_owned(),
        };
        if self.out.look.mode != Mode::Json {
            let line = format!("{sign}  {step:11}  {subject:21}  {time:>9}  {detail}");
            self.out.line(line.trim_end())?;
            self.out.flush()?;
        }
        Ok(())
    }

    fn conclude(self) -> anyhow::Result<()> {
        let sentence = self
            .wrong
            .clone()
            .unwrap_or_else(|| "all is well".to_owned());
        if self.out.look.mode == Mode::Json {
            self.out.json(&json!({
                "kind": "doctor", "v": 1, "ok": self.wrong.is_none(), "verdict": sentence, "steps": self.done,
            }))?;
        } else {
            self.out.line(&sentence)?;
        }
        match self.wrong {
            Some(_) => Err(Reported.into()),
            None => Ok(()),
        }
    }
}

/// Why a port that takes connections is of no use, to go on a sentence that begins with its address.
fn why_mute(error: &net::Error) -> String {
    match error {
        net::Error::Closed {
            death: Death::NotKafka(protocol),
            ..
        } => {
            format!("takes connections but speaks {protocol}, not Kafka")
        }
        net::Error::Closed { .. } => {
            "takes connections and closes them (a listener for TLS, perhaps)".to_owned()
        }
        net::Error::Timeout { after, .. } => {
            format!(
                "takes connections but has not answered within {after:?}: stuck, or a listener for TLS"
            )
        }
        other => format!("cannot be used: {other}"),
    }
}

async fn within<T>(
    limit: Duration,
    step: impl Future<Output = std::io::Result<T>>,
) -> Result<T, String> {
    match tokio::time::timeout(limit, step).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) if error.raw_os_error().is_some() => Err(error.kind().to_string()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_elapsed) => Err(format!("no answer within {limit:?}")),
    }
}
