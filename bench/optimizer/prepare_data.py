"""Reduces the published tables to what the tasks need, and writes data/*.csv.gz.  Usage: prepare_data.py SOURCE_DIRECTORY

SOURCE_DIRECTORY holds the folders named in data/README.md as their authors published them. Needed only to change a table; the reduced tables
are kept with the benchmark. Exclusive flags (one column for each page size) become one categorical column, as an engineer would write the
parameter; constant columns are left out; of repeated configurations the worst is kept, as the harness that published these tables does.
"""

import csv
import gzip
import io
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
FLAG = {"0": "off", "1": "on"}


def read(path):
    with open(path, encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    return [name.strip() for name in rows[0]], [[cell.strip() for cell in row] for row in rows[1:] if row]


def write(name, header, rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    # No time stamp and no name inside: the same input gives the same bytes.
    (HERE / "data" / f"{name}.csv.gz").write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))


def one_of(row, columns, none="none"):
    """The name of the column that holds 1; columns maps a value's name to a column."""
    for value, column in columns.items():
        if row[column] == "1":
            return value
    return none


def worst_of_repeats(rows, maximise=False):
    kept = {}
    for row in rows:
        key = tuple(row[:-1])
        value = float(row[-1])
        if key not in kept or (value < kept[key] if maximise else value > kept[key]):
            kept[key] = value
    return [[*key, repr(value)] for key, value in kept.items()]


def simple(source, name, target, maximise=False, metric=-1, metrics=1, flags=None, rename=lambda column: column):
    """A table whose columns are parameters; flags: columns written off/on (None: those that hold only 0 and 1)."""
    header, rows = read(source / name)
    count = len(header) - metrics
    values = [{row[column] for row in rows} for column in range(count)]
    used = [column for column in range(count) if len(values[column]) > 1]
    is_flag = [values[column] == {"0", "1"} if flags is None else header[column] in flags for column in range(count)]
    reduced = [[FLAG[row[c]] if is_flag[c] else row[c] for c in used] + [row[metric]] for row in rows]
    names = [re.sub(r"\W", "_", rename(header[column])) for column in used]
    write(target, [*names, "metric"], worst_of_repeats(reduced, maximise))


def bdbc(source):
    header, rows = read(source / "promisetune-systems/BDBC.csv")
    plain = ["HAVE_CRYPTO", "HAVE_HASH", "HAVE_REPLICATION", "HAVE_VERIFY", "HAVE_SEQUENCE", "HAVE_STATISTICS", "DIAGNOSTIC"]
    pages, caches = ["1K", "4K", "8K", "16K", "32K"], ["16MB", "32MB", "64MB", "512MB"]
    reduced = []
    for cells in rows:
        row = dict(zip(header, cells))
        reduced.append([FLAG[row[c]] for c in plain] + [one_of(row, {p: "PS" + p for p in pages}), one_of(row, {c: "CS" + c for c in caches}), cells[-1]])
    write("bdbc", [*(c.lower() for c in plain), "page_size", "cache_size", "metric"], worst_of_repeats(reduced))


def hsqldb(source):
    header, rows = read(source / "promisetune-systems/HSQLDB.csv")
    reduced = []
    for cells in rows:
        row = dict(zip(header, cells))
        reduced.append([
            FLAG[row["compressed_script"]],
            one_of(row, {"aes": "crypt_aes", "blowfish": "crypt_blowfish"}),
            one_of(row, {"mvlocks": "txc_mvlocks", "mvcc": "txc_mvcc", "locks": "txc_locks"}),
            one_of(row, {"memory": "memory_tables", "small_cache": "small_cache", "large_cache": "large_cache", "cached": "cached_tables"}),
            one_of(row, {"detailed": "detailed_logging", "plain": "logging"}),
            FLAG[row["no_write_delay"]], FLAG[row["small_log"]], cells[-1]])
    names = ["compressed_script", "encryption", "transaction_control", "tables", "logging", "no_write_delay", "small_log", "metric"]
    write("hsqldb", names, worst_of_repeats(reduced))


def dconvert(source):
    header, rows = read(source / "promisetune-systems/dconvert.csv")
    reduced = []
    for cells in rows:
        row = dict(zip(header, cells))
        reduced.append([
            one_of(row, {p: p for p in ("android", "ios", "web", "win")}),
            one_of(row, {f: f for f in ("bmp", "gif", "jpeg", "png")}),
            one_of(row, {r: r for r in ("floor", "ceil", "round")}),
            *(FLAG[row[c]] for c in ("iosCreateImagesetFolders", "androidMipmapInsteadOfDrawable", "androidIncludeLdpiTvdpi",
                                     "scaleIsHeightDp", "antiAliasing", "skipUpscaling")),
            row["threads"], cells[-1]])
    names = ["platform", "format", "rounding", "image_set_folders", "mipmap", "ldpi_tvdpi", "scale_is_height", "anti_aliasing", "skip_upscaling", "threads"]
    write("dconvert", [*names, "metric"], worst_of_repeats(reduced))


NGINX = ["multi_accept", "sendfile", "server_cache", "basic_auth", "tcp_no_delay", "tcp_no_push", "body", "tls", "compression_level"]


def nginx_rows(source, environments):
    """Parameters of every row and its metric in the first environments."""
    header, rows = read(source / "multi-environment-sempl/nginx-4environments.csv")
    reduced = []
    for cells in rows:
        row = dict(zip(header, cells))
        body = "compressed" if row["compression"] == "1" else ("keepalive" if row["keepalive"] == "1" else "plain")
        tls = "off" if row["tls"] == "0" else ("weak" if row["aesTls"] == "0" else ("strong" if row["tlsMoreBits"] == "1" else "aes"))
        reduced.append([*(FLAG[row[c]] for c in ("multiAccept", "sendfile", "serverCache", "basicAuth", "tcpNoDelay", "tcpNoPush")),
                        body, tls, row["compressionLevel"], *cells[15:15 + environments]])
    return reduced


def nginx(source):
    write("nginx", [*NGINX, "metric"], worst_of_repeats(nginx_rows(source, 1)))


def environments(source):
    """Tables with the same metric in several environments, one column each: env1, env2 ... The first row of a repeated configuration counts."""
    def first_of_repeats(rows, count):
        kept = {}
        for row in rows:
            kept.setdefault(tuple(row[:-count]), row)
        return list(kept.values())

    def several(name, target, count):
        header, rows = read(source / f"multi-environment-sempl/{name}.csv")
        parameters = len(header) - count
        used = [c for c in range(parameters) if len({row[c] for row in rows}) > 1]
        flags = [{row[c] for row in rows} == {"0", "1"} for c in range(parameters)]
        reduced = [[FLAG[row[c]] if flags[c] else row[c] for c in used] + row[parameters:] for row in rows]
        names = [re.sub(r"\W", "_", header[c]) for c in used]
        names = [f"p{name}" if name[0].isdigit() else name for name in names]
        write(target, [*names, *(f"env{k + 1}" for k in range(count))], first_of_repeats(reduced, count))

    write("environments_nginx", [*NGINX, "env1", "env2", "env3", "env4"], first_of_repeats(nginx_rows(source, 4), 4))
    several("sqlite-overwritebatch-4environments", "environments_sqlite", 4)
    several("x264-diff_input-10environments", "environments_x264", 10)
    several("storm-obj2-3environments", "environments_storm", 3)
    several("imagemagick-4environments", "environments_imagemagick", 4)
    several("sac_srad_others-3environments", "environments_sac", 3)


def kruize(source, experiment):
    """Parameters, and throughput, response time and errors of the load generator; a failed trial has failed = 1 and empty metrics. In the
    order in which they ran."""
    header, rows = read(source / f"kruize-autotune/techempower__experiment-{experiment}__experiment-data.csv")
    first = header.index("CPU_REQ")
    parameters = [c for c in range(first, len(header)) if header[c] and header[c] not in ("CPU_LIM", "MEM_LIM")]
    wanted = [header.index(name) for name in ("THROUGHPUT_WRK", "RESPONSETIME_WRK", "WEB_ERRORS")]
    reduced = []
    for cells in sorted(rows, key=lambda cells: int(cells[header.index("TRIALS")])):
        metrics = [cells[c] for c in wanted]
        # 99999 and 9999 are the experimenters' marks for a trial without a result.
        failed = any(not m or float(m) in (99999.0, 9999.0) for m in metrics)
        values = [cells[c].rstrip("M") for c in parameters]
        values = [{"TRUE": "on", "FALSE": "off"}.get(v, v) for v in values]
        reduced.append([*values, *(["", "", ""] if failed else metrics), "1" if failed else "0"])
    names = [re.sub(r"\W", "_", header[c].strip()).lower() for c in parameters]
    write(f"kruize{experiment}", [*names, "throughput", "response_time", "errors", "failed"], reduced)


def smarttuning(source):
    """Acme Air (OpenJ9, Open Liberty) in Kubernetes: configuration of the training replica, its throughput, response time (ms) and share of errors.
    A replica without throughput failed."""
    header, rows = read(source / "smarttuning-k8s-jvm/sessions_2020.csv")
    prefix = "config_to_eval.acmeair-"
    words = {"True": "on", "False": "off", "-XX:+UseContainerSupport": "on", "-XX:-UseContainerSupport": "off"}
    columns = {"config-app.HTTP_MAX_KEEP_ALIVE_REQUESTS": "keep_alive_requests", "config-app.HTTP_PERSIST_TIMEOUT": "persist_timeout",
               "config-app.MONGO_MAX_CONNECTIONS": "mongo_connections", "config-jvm.-Xtune:virtualized": "virtualized",
               "config-jvm.container_support": "container_support", "config-jvm.gc": "gc_policy", "service.cpu": "cpu", "service.memory": "memory"}
    reduced = []
    for cells in rows:
        row = dict(zip(header, cells))
        if not row["training_metric.name"].startswith("acmeair") or not row[prefix + "service.cpu"]:
            continue
        values = [words.get(v, re.sub(r"\.0$", "", v.split(":")[-1])) for v in (row[prefix + c] for c in columns)]
        failed = float(row["training_metric.throughput"]) <= 0
        metrics = [row["training_metric.throughput"], repr(1000 * float(row["training_metric.process_time"])), row["training_metric.errors"]]
        reduced.append([*values, *(["", "", ""] if failed else metrics), "1" if failed else "0"])
    write("smarttuning", [*columns.values(), "throughput", "response_time", "errors", "failed"], reduced)


def tuna(source):
    """nginx on noisy cloud machines: configuration, mean of its repeats; and the pooled ratios to the mean of configurations with 8 or more."""
    header, rows = read(source / "tuna-noisy-cloud/azure_nginx_wikipedia_configs.csv")
    _, measured = read(source / "tuna-noisy-cloud/azure_nginx_wikipedia_measurements.csv")
    repeats = {}
    for row in measured:
        repeats.setdefault(row[2], []).append(float(row[4]))
    flags = [c for c in header if {row[header.index(c)] for row in rows} == {"on", "off"}]
    numbers = ["client_body_timeout", "client_header_buffer_size", "client_header_timeout", "connection_pool_size", "directio_alignment",
               "lingering_time", "lingering_timeout", "open_file_cache_min_uses", "open_file_cache_valid", "postpone_output", "request_pool_size",
               "client_max_body_size", "limit_rate", "limit_rate_after"]
    categories = ["aio", "lingering_close", "server_tokens"]
    reduced, ratios = [], []
    for cells in rows:
        row = dict(zip(header, cells))
        values = repeats.get(row["config_id"], [])
        if not values:
            continue
        mean = sum(values) / len(values)
        cache = re.search(r"max=(\d+)", row["open_file_cache"])
        reduced.append([*(row[c] for c in flags), *(row[c] for c in categories), *(re.sub(r"\D", "", row[c]) for c in numbers),
                        cache.group(1) if cache else "0", f"{mean:.0f}"])
        if len(values) >= 8 and mean < 900000:
            ratios += [f"{v / mean:.4f}" for v in values]
    # Rows at 1 000 000 are failed runs, in the sense of the recorded data.
    write("tuna_nginx", [*flags, *categories, *numbers, "open_file_cache", "metric"], reduced)
    write("tuna_nginx_ratios", ["ratio"], [[r] for r in ratios])


def main():
    source = pathlib.Path(sys.argv[1])
    bdbc(source)
    hsqldb(source)
    dconvert(source)
    nginx(source)
    simple(source, "promisetune-systems/LLVM.csv", "llvm")
    simple(source, "promisetune-systems/PostgreSQL.csv", "postgresql")
    simple(source, "promisetune-systems/deeparch.csv", "deeparch")
    simple(source, "promisetune-systems/redis.csv", "redis", maximise=True)
    simple(source, "promisetune-systems/storm.csv", "storm", maximise=True, rename=lambda c: c.split(".", 1)[1] if c.startswith(("topology.", "component.")) else c)
    simple(source, "multi-environment-sempl/x264-diff_input-10environments.csv", "x264", metric=24, metrics=10, rename=lambda c: "dct_8x8" if c == "8x8dct" else c)
    simple(source, "multi-environment-sempl/sqlite-overwritebatch-4environments.csv", "sqlite", metric=14, metrics=4)
    kruize(source, 9)
    kruize(source, 10)
    tuna(source)
    smarttuning(source)
    environments(source)


if __name__ == "__main__":
    main()
