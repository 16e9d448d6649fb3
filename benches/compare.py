#!/usr/bin/env python3
"""Measures kaffa beside Apache Kafka, in one run on one machine, and prints a Markdown table of figures and ratios.

    benches/compare.py --kaffa target/dist --kafka-home DIR [--only NAME …] [--records N] [--megabytes N]

DIR holds Apache Kafka's bin/ and libs/ (tests/interop/apache-kafka puts it there). Every load is bounded, every process
is started and ended here. Brokers run one after the other, with their data under the same directory; a broker that is
measured under load is warmed up with the same load first. Broker CPU is user and system time of the broker process.
"""
import argparse, json, os, pathlib, re, shutil, socket, subprocess, sys, tempfile, time

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mib(pid, field="VmRSS"):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+) kB", text).group(1)) / 1024


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Kaffa:
    name = "kaffa"

    def __init__(self, options, data):
        self.process = subprocess.Popen(
            [options.kaffa / "kaffa", "broker", "--port", "0", "--data-dir", data / "kaffa", "--ready-json"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.ready = json.loads(self.process.stdout.readline())
        self.address = self.ready["addresses"][0]
        self.pid = self.process.pid

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


class Apache:
    name = "Apache Kafka"

    def __init__(self, options, data):
        home, port = options.kafka_home, free_port()
        data = data / "apache"
        data.mkdir()
        config = data / "server.properties"
        config.write_text(f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{port + 1}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{port + 1}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={data}/logs
offsets.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
""")
        subprocess.run([home / "bin/kafka-storage.sh", "format", "-t", "kaffaBenchmarkAAAAAAAA", "-c", config],
                       check=True, capture_output=True)
        began = time.monotonic()
        log = open(data / "log", "w+")
        self.process = subprocess.Popen([home / "bin/kafka-server-start.sh", config], stdout=log, stderr=log)
        while "Kafka Server started" not in (data / "log").read_text():
            if self.process.poll() is not None or time.monotonic() - began > 60:
                sys.exit("Apache Kafka did not start")
            time.sleep(0.01)
        self.ready = {"ready_ms": round((time.monotonic() - began) * 1000)}
        self.address, self.pid = f"127.0.0.1:{port}", self.process.pid

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


def run(command, **more):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, **more)


def topic(options, broker, name, partitions=1):
    run([options.kaffa / "kafka-topics", "--bootstrap-server", broker.address, "--create", "--topic", name,
         "--partitions", partitions])


def produce(options, broker, name, size, acks, records):
    command = [options.kafka_home / "bin/kafka-producer-perf-test.sh", "--topic", name, "--num-records", records,
               "--record-size", size, "--throughput", -1, "--producer-props", f"bootstrap.servers={broker.address}",
               f"acks={acks}"]
    before = cpu_seconds(broker.pid)
    out = run(command).stdout
    spent = cpu_seconds(broker.pid) - before
    rate = float(re.findall(r"records sent, ([\d.]+) records/sec", out)[-1])
    return rate, spent * 1e6 / records


def consume(options, broker, name, records):
    command = [options.kafka_home / "bin/kafka-consumer-perf-test.sh", "--bootstrap-server", broker.address, "--topic", name,
               "--messages", records, "--timeout", "60000"]
    before = cpu_seconds(broker.pid)
    out = run(command).stdout.strip().splitlines()[-1].split(", ")
    return float(out[3]), (cpu_seconds(broker.pid) - before) * 1e6 / records


def load(options, broker, figures):
    """Apache's own load tools against either broker: records a second and broker CPU-seconds a million records."""
    for size, records in ((100, options.records), (1024, options.records // 4)):
        for acks in ("1", "all"):
            name = f"load-{size}-{acks}"
            topic(options, broker, name)
            produce(options, broker, name, size, acks, records)
            rate, cpu = produce(options, broker, name, size, acks, records)
            figures[f"produce {size} B, acks={acks}: records/s"] = rate
            figures[f"produce {size} B, acks={acks}: broker CPU-s per million"] = cpu
        consume(options, broker, f"load-{size}-1", records)
        rate, cpu = consume(options, broker, f"load-{size}-1", records)
        figures[f"consume {size} B: MB/s"] = rate
        figures[f"consume {size} B: broker CPU-s per million"] = cpu


def idle(options, broker, figures):
    figures["start to ready, ms"] = broker.ready["ready_ms"]
    time.sleep(2)
    figures["idle memory (RSS), MiB"] = memory_mib(broker.pid)


def best(times, call):
    spent = []
    for _ in range(times):
        began = time.monotonic()
        call()
        spent.append(time.monotonic() - began)
    return min(spent)


def tools_of(options):
    scripts = options.kafka_home / "bin"
    return {"kaffa": lambda tool: options.kaffa / tool, "Apache Kafka": lambda tool: scripts / f"{tool}.sh"}


def listing(options, broker, table):
    for who, tool in tools_of(options).items():
        seconds = best(5, lambda: run([tool("kafka-topics"), "--bootstrap-server", broker.address, "--list"]))
        table[who]["kafka-topics --list, whole process, ms"] = seconds * 1000


def console(options, broker, table, data):
    """A file of 100-byte lines in, and out again, by our tools and by Apache's, on the same broker."""
    source = data / "lines"
    line = ("x" * 99 + "\n") * 10_000
    with open(source, "w") as f:
        for _ in range(options.megabytes):
            f.write(line)
    size = source.stat().st_size / 1e6
    names = dict(tools_of(options))
    for who, tool in names.items():
        name = "console-" + who.split()[0].lower()
        topic(options, broker, name)
        with open(source) as stdin:
            began = time.monotonic()
            subprocess.run([tool("kafka-console-producer"), "--bootstrap-server", broker.address, "--topic", name],
                           stdin=stdin, check=True)
            table[who]["console producer, MB/s"] = size / (time.monotonic() - began)
        with open(os.devnull, "w") as out:
            began = time.monotonic()
            subprocess.run([tool("kafka-console-consumer"), "--bootstrap-server", broker.address, "--topic", name,
                            "--from-beginning", "--max-messages", str(options.megabytes * 10_000)],
                           stdout=out, stderr=subprocess.DEVNULL, check=True)
            table[who]["console consumer, MB/s"] = size / (time.monotonic() - began)
    if shutil.which("kcat"):
        kcat(options, broker, table.setdefault("kcat", {}), source, size)


def kcat(options, broker, figures, source, size):
    topic(options, broker, "console-kcat")
    with open(source) as stdin:
        began = time.monotonic()
        subprocess.run(["kcat", "-b", broker.address, "-P", "-t", "console-kcat"], stdin=stdin, check=True)
        figures["console producer, MB/s"] = size / (time.monotonic() - began)
    with open(os.devnull, "w") as out:
        began = time.monotonic()
        subprocess.run(["kcat", "-b", broker.address, "-C", "-t", "console-kcat", "-e", "-q"], stdout=out, check=True)
        figures["console consumer, MB/s"] = size / (time.monotonic() - began)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kaffa", type=pathlib.Path, required=True, help="folder with kaffa's binaries")
    parser.add_argument("--kafka-home", type=pathlib.Path, required=True)
    parser.add_argument("--only", nargs="*", default=["idle", "load", "list", "console"])
    parser.add_argument("--records", type=int, default=4_000_000)
    parser.add_argument("--megabytes", type=int, default=1000)
    options = parser.parse_args()
    options.kaffa, options.kafka_home = options.kaffa.resolve(), options.kafka_home.resolve()
    table = {"kaffa": {}, "Apache Kafka": {}}
    for kind in (Kaffa, Apache):
        with tempfile.TemporaryDirectory() as data:
            data = pathlib.Path(data)
            broker = kind(options, data)
            try:
                if "idle" in options.only:
                    idle(options, broker, table[kind.name])
                if "list" in options.only and kind is Kaffa:
                    listing(options, broker, table)
                if "load" in options.only:
                    load(options, broker, table[kind.name])
                if "console" in options.only and kind is Kaffa:
                    console(options, broker, table, data)
            finally:
                broker.stop()
    if "idle" in options.only:
        table["kaffa"]["binary size, MB"] = (options.kaffa / "kaffa").stat().st_size / 1e6
    report(table)


def report(table):
    rows = list(dict.fromkeys(row for figures in table.values() for row in figures))
    print("| figure | " + " | ".join(table) + " | kaffa : Apache |")
    print("|---|" + "--:|" * (len(table) + 1))
    for row in rows:
        values = [figures.get(row) for figures in table.values()]
        ratio = f"{values[0] / values[1]:.2f}" if values[0] and values[1] else "–"
        print(f"| {row} | " + " | ".join("–" if v is None else f"{v:,.4g}" if v < 1000 else f"{v:,.0f}" for v in values) + f" | {ratio} |")


main()
