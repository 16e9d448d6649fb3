#!/usr/bin/env python3
"""Measures kaffa beside Apache Kafka, in one run on one machine, and prints a Markdown table of figures and ratios.

    benches/compare.py --kaffa target/dist --kafka-home DIR [--only NAME …] [--records N] [--megabytes N]

DIR holds Apache Kafka's bin/ and libs/ (tests/interop/apache-kafka puts it there). Every load is bounded, every process
is started and ended here. Brokers run one after the other, with their data under the same directory; a broker that is
measured under load is warmed up with the same load first. Broker CPU is user and system time of the broker process.
"""
import argparse, json, os, pathlib, random, re, shutil, socket, subprocess, sys, tempfile, time

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mib(pid, field="VmRSS"):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+) kB", text).group(1)) / 1024


def free_port():
    """A free port whose next is free as well, below those that systems hand out to clients."""
    while True:
        port = random.randrange(20000, 30000)
        with socket.socket() as one, socket.socket() as other:
            try:
                one.bind(("127.0.0.1", port))
                other.bind(("127.0.0.1", port + 1))
                return port
            except OSError:
                pass


class Kaffa:
    name = "kaffa"

    def __init__(self, options, data, words=()):
        self.process = subprocess.Popen(
            [options.kaffa / "kaffa", "broker", "--port", "0", "--data-dir", data / "kaffa", "--ready-json", *words],
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
        self.process = subprocess.Popen([home / "bin/kafka-server-start.sh", config], stdout=log, stderr=log,
                                        env={**os.environ, "KAFFA_LOG4J": "broker"})
        while "Kafka Server started" not in (data / "log").read_text():
            if self.process.poll() is not None or time.monotonic() - began > 60:
                sys.exit("Apache Kafka did not start: " + (data / "log").read_text()[-2000:])
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


def timed(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL):
    """Runs a command to its end: seconds of the whole process, and the most memory it had, in MiB."""
    began = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command}: {process.returncode}")
    return seconds, usage.ru_maxrss / 1024


def tools_of(options, broker):
    """How to call a tool of each side on this broker, and how often it is called to find its best time."""
    scripts = options.kafka_home / "bin"
    at = ["--bootstrap-server", broker.address]
    return {"kaffa": (lambda tool, *words: [options.kaffa / tool, *at, *words], 20),
            "Apache Kafka": (lambda tool, *words: [scripts / f"{tool}.sh", *at, *words], 3)}


def tools(options, broker, table):
    """Whole processes of the tools that answer at once, on a cluster that grows."""
    tool = tools_of(options, broker)["kaffa"][0]
    topic(options, broker, "first", 6)
    subprocess.run(tool("kafka-console-producer", "--topic", "first"), input=b"a line\n" * 1000, check=True)
    run(tool("kafka-console-consumer", "--topic", "first", "--group", "g", "--from-beginning", "--max-messages", "10"))
    read = ["kafka-console-consumer", "--topic", "first", "--from-beginning", "--max-messages", "1"]
    calls = {
        "--list": ["kafka-topics", "--list"],
        "--describe, 1 topic": ["kafka-topics", "--describe", "--topic", "first"],
        "groups --describe": ["kafka-consumer-groups", "--describe", "--group", "g"],
        "one record, no group": read,
    }
    measure(options, broker, table, calls)
    for who, (tool, times) in tools_of(options, broker).items():
        groups = iter(range(times))
        seconds = min(timed(tool(*read, "--group", f"new-{who[:1]}-{n}"))[0] for n in groups)
        table[who]["one record, a new group: whole process, ms"] = seconds * 1000
    for count in (100, 5000):
        for number in range(count if count == 100 else 4900):
            topic(options, broker, f"many-{count}-{number}")
        # What creating so many leaves to do is not what is measured.
        time.sleep(10)
        measure(options, broker, table, {f"--describe, {count:,} topics": ["kafka-topics", "--describe"]})


def measure(options, broker, table, calls):
    for name, words in calls.items():
        for who, (tool, times) in tools_of(options, broker).items():
            seconds = min(timed(tool(*words))[0] for _ in range(times))
            table[who][f"{name}: whole process, ms"] = seconds * 1000


def console(options, broker, table, data):
    """A file of lines in, and out again, by our tools, by Apache's and by kcat, on the same broker."""
    for width in (100, 10_240):
        source = data / "lines"
        count = options.megabytes * 1_000_000 // width
        with open(source, "w") as f:
            for _ in range(count):
                f.write("x" * (width - 1) + "\n")
        commands = {who: (tool("kafka-console-producer", "--topic"), tool("kafka-console-consumer", "--from-beginning",
                          "--max-messages", count, "--topic")) for who, (tool, _) in tools_of(options, broker).items()}
        if shutil.which("kcat"):
            kcat = ["kcat", "-b", broker.address]
            commands["kcat"] = ([*kcat, "-P", "-t"], [*kcat, "-C", "-e", "-q", "-t"])
        for who, (producer, consumer) in commands.items():
            name = f"console-{width}-{who.split()[0].lower()}"
            topic(options, broker, name)
            figures = table.setdefault(who, {})
            with open(source) as stdin:
                seconds, memory = timed([*producer, name], stdin=stdin)
            figures[f"console producer, lines of {width} B: MB/s"] = source.stat().st_size / 1e6 / seconds
            figures[f"console producer, lines of {width} B: memory, MiB"] = memory
            seconds, memory = timed([*consumer, name])
            figures[f"console consumer, lines of {width} B: MB/s"] = source.stat().st_size / 1e6 / seconds
            figures[f"console consumer, lines of {width} B: memory, MiB"] = memory


def zero_copy(options, data):
    """Broker CPU-seconds for 600 MB of records fetched, with sendfile(2) and without."""
    table = {}
    broker = Kaffa(options, data)
    topic(options, broker, "z")
    tool = tools_of(options, broker)["kaffa"][0]
    with subprocess.Popen(tool("kafka-console-producer", "--topic", "z"), stdin=subprocess.PIPE) as producer:
        for _ in range(600):
            producer.stdin.write((b"x" * 99 + b"\n") * 10_000)
    broker.stop()
    os.sync()
    for name, words in (("sendfile", []), ("read and write", ["--no-zero-copy"])):
        broker = Kaffa(options, data, words)
        tool = tools_of(options, broker)["kaffa"][0]
        read = tool("kafka-console-consumer", "--topic", "z", "--from-beginning", "--max-messages", "6000000",
                    "--command-property", "max.partition.fetch.bytes=4000000")
        before, runs = cpu_seconds(broker.pid), 5
        seconds = min(timed(read)[0] for _ in range(runs))
        table[name] = {"consume 600 MB: broker CPU-s": (cpu_seconds(broker.pid) - before) / runs,
                       "consume 600 MB: MB/s": 600 / seconds}
        broker.stop()
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kaffa", type=pathlib.Path, required=True, help="folder with kaffa's binaries")
    parser.add_argument("--kafka-home", type=pathlib.Path, required=True)
    parser.add_argument("--only", nargs="*", default=["idle", "load", "tools", "console", "zero-copy"])
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
                if "tools" in options.only and kind is Kaffa:
                    tools(options, broker, table)
                if "load" in options.only:
                    load(options, broker, table[kind.name])
                if "console" in options.only and kind is Kaffa:
                    console(options, broker, table, data)
            finally:
                broker.stop()
    if "idle" in options.only:
        table["kaffa"]["binary size, MB"] = (options.kaffa / "kaffa").stat().st_size / 1e6
    report(table)
    if "zero-copy" in options.only:
        with tempfile.TemporaryDirectory() as data:
            report(zero_copy(options, pathlib.Path(data)))


def report(table):
    rows = list(dict.fromkeys(row for figures in table.values() for row in figures))
    first, second = list(table)[:2]
    print("\n| figure | " + " | ".join(table) + f" | {first} : {second} |")
    print("|---|" + "--:|" * (len(table) + 1))
    for row in rows:
        values = [figures.get(row) for figures in table.values()]
        ratio = f"{values[0] / values[1]:.2f}" if values[0] and values[1] else "–"
        print(f"| {row} | " + " | ".join("–" if v is None else f"{v:,.4g}" if v < 1000 else f"{v:,.0f}" for v in values) + f" | {ratio} |")


main()
