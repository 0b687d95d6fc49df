"""Reports as roost-load writes them, made up: known rates and latencies, the same every time."""
import math
import random


def bucket_end_ns(ns):
    """tools/load/times.h"""
    if ns < 64:
        return ns
    shift = ns.bit_length() - 7
    return (((ns >> shift) + 1) << shift) - 1


def histogram_us(values_us):
    counts = {}
    for value in values_us:
        end = bucket_end_ns(int(value * 1000)) / 1000
        counts[end] = counts.get(end, 0) + 1
    return [[end, counts[end]] for end in sorted(counts)]


def percentile(histogram, percent):
    rank, seen = math.ceil(percent * sum(n for _, n in histogram) / 100), 0
    for upper, n in histogram:
        seen += n
        if seen >= rank:
            return upper
    return 0


def operation(values_us, seconds):
    histogram = histogram_us(values_us)
    return {"n": len(values_us), "failed": 0, "per_second": len(values_us) / seconds, "mean_us": sum(values_us) / len(values_us),
            "p50_us": percentile(histogram, 50), "p90_us": percentile(histogram, 90), "p99_us": percentile(histogram, 99),
            "p99_9_us": percentile(histogram, 99.9), "p99_99_us": percentile(histogram, 99.99), "max_us": max(values_us), "histogram": histogram}


def report(name="roost", operations=None, seed=1, seconds=10.0, intervals=20, cpu_us=400.0, pss=50 << 20, scenario="body", wrong=0, **more):
    """operations: name -> (per second, median in us)."""
    dice = random.Random(seed)
    operations = operations or {"body": (1000, 800)}
    drawn = {o: [[median * math.exp(dice.gauss(0, 0.4)) * (8 if dice.random() < 0.004 else 1) for _ in range(max(1, int(dice.gauss(rate, rate ** 0.5) * seconds / intervals)))]
                 for _ in range(intervals)] for o, (rate, median) in operations.items()}
    per_interval = {o: [histogram_us(v) for v in values] for o, values in drawn.items()}
    first = next(iter(drawn.values()))
    cores = [len(v) / (seconds / intervals) * cpu_us * dice.gauss(1, 0.03) / 1e6 for v in first]
    growth = [int(pss * (0.6 + 0.4 * min(1, i / 6)) + dice.randrange(1 << 18)) for i in range(intervals)]
    rounds = sum(len(v) for v in first)
    return {
        "format": "roost-load/1", "name": name,
        "plan": {"scenario": scenario, "loop": "closed", "connections": 16, "rate": 0, "workers": 1, "seed": seed, "users": 16, "letters": 1000, "bytes": 8192},
        "machine": {"cpu": "A processor @ 2.50GHz", "cores": 2, "kernel": "Linux 6.1.0", "time": "2026-11-23T21:40:00Z", "load": [0.3, 0.5, 0.9]},
        "seconds": seconds,
        "operations": {o: operation([v for values in drawn[o] for v in values], seconds) for o in drawn},
        "timeline": {"interval_seconds": seconds / intervals,
                     "operations": {o: {"n": [len(v) for v in drawn[o]], "p50_us": [percentile(h, 50) for h in per_interval[o]],
                                        "p99_us": [percentile(h, 99) for h in per_interval[o]]} for o in drawn},
                     "server_cpu_cores": cores, "server_pss_bytes": growth, "connections": [16] * intervals},
        "server": {"cpu_us": cpu_us * rounds, "cpu_us_per_round": cpu_us * dice.gauss(1, 0.01), "pss_bytes_before": growth[0], "pss_bytes_after": growth[-1], "pss_bytes_most": max(growth)},
        "client": {"cpu_us": 4100000, "bytes_in": 123456789, "bytes_out": 2345678, "late": 0, "rss_bytes_most": 31457280},
        "checks": {"answers": rounds * 2, "wrong": wrong, "first": "a3 NO <b>no</b> & \"such\" \x1b[31mletter" if wrong else ""},
        "verify": {"mailboxes": 16, "messages": 16000, "missing": 0, "doubled": 0, "changed": 0, "first": ""},
        "good": wrong == 0, **more}


MIX = {"round": (900, 2500), "select": (900, 300), "headers": (450, 4200), "body": (400, 900), "store": (150, 1500), "search": (30, 21000), "noop": (90, 60), "idle": (60, 80), "append": (40, 2200)}


def runs(servers, n=5):
    """servers: name -> (rate, median, cpu_us)."""
    return {"format": "roost-load/1", "runs": [
        report(name, {"body": (rate, median)}, seed=1000 * k + i, intervals=24, seconds=12.0, cpu_us=cpu) for k in range(n) for i, (name, (rate, median, cpu)) in enumerate(servers.items())]}


def curves():
    def line(name, cost, power):
        return {"name": name, "points": [[10 ** k, cost * (10 ** k / 1000) ** power] for k in (3, 3.5, 4, 4.5, 5, 5.5, 6)]}
    return [
        {"title": "Opening a mailbox", "x": "messages in the mailbox", "y": "SELECT, p50", "log": True, "x_unit": "count", "y_unit": "us",
         "lines": [line("roost", 180, 0.05), line("dovecot", 100, 0.45), line("cyrus", 400, 0.3)]},
        {"title": "Memory by connections", "x": "idle connections", "y": "PSS", "log": True, "x_unit": "count", "y_unit": "bytes",
         "lines": [line("roost", 3 << 20, 0.95), line("dovecot", 30 << 20, 1)]},
        {"title": "Shards", "x": "shards", "y": "deliveries per second", "x_unit": "count", "y_unit": "per_second",
         "lines": [{"name": "roost", "points": [[1, 8200], [2, 15100], [3, 19000], [4, 21500]]}]}]
