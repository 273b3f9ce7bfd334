#!/usr/bin/env python3
"""Recorded CPU of Azure virtual machines as the folder that `trimtab backtest --metrics` reads.
Usage: azure_sample.py microsoft_avg_100.rda FOLDER [EVERY]        (needs: pip install rdata)

The file is that of github.com/carlonlv/DataCenterSim (data/): of 100 machines of the Azure Public Dataset V1 (Microsoft, CC BY 4.0,
github.com/Azure/AzurePublicDataset) the mean CPU of every five minutes for almost 28 days, in percent of the machine, whose cores are not
told: written as if it had one. With EVERY only each EVERYth machine, from the first on."""
import pathlib
import sys

import rdata

SECONDS = 300

source, folder = sys.argv[1], pathlib.Path(sys.argv[2])
every = int(sys.argv[3]) if len(sys.argv) > 3 else 1
(table,) = rdata.conversion.convert(rdata.parser.parse_file(source)).values()
percent = table.values
folder.mkdir(parents=True, exist_ok=True)
for machine in range(0, percent.shape[1], every):
    with open(folder / f"azure-{machine:02}.csv", "w") as out:
        out.write("time,cpu\n")
        for i, value in enumerate(percent[:, machine]):
            out.write(f"{i * SECONDS},{value / 100:.4f}\n")
