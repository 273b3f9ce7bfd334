"""KubernetesPlatform on a real cluster. Usage: platform_test.py PROGRAM [arguments for it]"""
import subprocess
import sys

from one_node import Cluster

with Cluster() as cluster:
    ended = subprocess.run(sys.argv[1:], env=cluster.environment, timeout=1200).returncode
sys.exit(ended)
