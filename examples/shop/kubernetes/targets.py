#!/usr/bin/env python3
"""Tells Prometheus which pods to scrape: Debian's is built without Kubernetes' service discovery. Reads the pods of a namespace from the API
server every two seconds and writes a file for file_sd_configs when it changed. A pod asks to be scraped with the annotations
prometheus.io/port and prometheus.io/path. Usage: targets.py SERVER CA_FILE TOKEN_FILE NAMESPACE OUTPUT.json"""
import json
import os
import pathlib
import ssl
import sys
import time
import urllib.request

PERIOD_SECONDS = 2
TIMEOUT_SECONDS = 5


def targets(pods):
    for pod in pods:
        annotations = pod["metadata"].get("annotations", {})
        address = pod["status"].get("podIP")
        ends = "deletionTimestamp" in pod["metadata"]
        if pod["status"]["phase"] != "Running" or ends or not address or "prometheus.io/port" not in annotations:
            continue
        yield {
            "targets": [f"{address}:{annotations['prometheus.io/port']}"],
            "labels": {
                "__metrics_path__": annotations.get("prometheus.io/path", "/metrics"),
                "job": pod["metadata"].get("labels", {}).get("app.kubernetes.io/name", "pod"),
                "namespace": pod["metadata"]["namespace"],
                "pod": pod["metadata"]["name"],
            },
        }


def main():
    server, ca_file, token_file, namespace, output = sys.argv[1:]
    context = ssl.create_default_context(cafile=ca_file)
    written = None
    while True:
        try:
            token = pathlib.Path(token_file).read_text().strip()
            request = urllib.request.Request(f"{server}/api/v1/namespaces/{namespace}/pods", headers={"Authorization": f"Bearer {token}"})
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=context) as answer:
                text = json.dumps(sorted(targets(json.load(answer)["items"]), key=lambda target: target["targets"]), indent=1)
            if text != written:
                pathlib.Path(output + ".new").write_text(text)
                os.replace(output + ".new", output)
                written = text
        except (OSError, ValueError, KeyError) as error:  # the API server is away: the targets stay as they were
            print(f"targets: {error}", file=sys.stderr, flush=True)
        time.sleep(PERIOD_SECONDS)


main()
