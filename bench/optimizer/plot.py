"""Small multiples as one SVG: per task the median regret against runs, the band from the first to the third quartile, logarithmic."""

import math
from xml.sax.saxutils import escape

from significance import quantile

# Okabe and Ito's colours: told apart by colour-blind readers too.
COLOURS = {"trimtab": "#d55e00", "random": "#888888", "sobol": "#56b4e9", "optuna_tpe": "#009e73", "optuna_gp": "#f0e442", "smac": "#0072b2",
           "botorch": "#cc79a7"}
WIDTH, HEIGHT, LEFT, TOP, COLUMNS = 260, 190, 44, 26, 4
FLOOR = 0.001  # regrets below are drawn here


def _line(points):
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _panel(task, series, budget, x0, y0):
    """series: {tuner: list of regret lists}."""
    inner_w, inner_h = WIDTH - LEFT - 12, HEIGHT - TOP - 30

    def x(run):
        return x0 + LEFT + inner_w * (run - 1) / max(1, budget - 1)

    def y(regret):
        place = (math.log10(max(regret, FLOOR)) - math.log10(FLOOR)) / (math.log10(2.0) - math.log10(FLOOR))
        return y0 + TOP + inner_h * (1 - place)

    out = [f'<text x="{x0 + LEFT}" y="{y0 + 16}" class="title">{escape(task)}</text>']
    for tick in (0.001, 0.01, 0.1, 1.0):
        out.append(f'<line x1="{x0 + LEFT}" x2="{x0 + LEFT + inner_w}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" class="grid"/>')
        out.append(f'<text x="{x0 + LEFT - 4}" y="{y(tick) + 3:.1f}" class="tick" text-anchor="end">{tick:g}</text>')
    for run in (1, budget // 4, budget // 2, budget):
        out.append(f'<text x="{x(max(run, 1)):.1f}" y="{y0 + TOP + inner_h + 13}" class="tick" text-anchor="middle">{run}</text>')
    for tuner, runs in series.items():
        colour = COLOURS.get(tuner, "#000000")
        steps = sorted({*range(1, budget + 1, max(1, budget // 25)), budget})
        middle = [(x(s), y(quantile([r[s - 1] for r in runs], 0.5))) for s in steps]
        low = [(x(s), y(quantile([r[s - 1] for r in runs], 0.25))) for s in steps]
        high = [(x(s), y(quantile([r[s - 1] for r in runs], 0.75))) for s in steps]
        out.append(f'<polygon points="{_line(low + high[::-1])}" fill="{colour}" fill-opacity="0.10"/>')
        out.append(f'<polyline points="{_line(middle)}" fill="none" stroke="{colour}" stroke-width="{2.4 if tuner == "trimtab" else 1.4}"/>')
    return out


def regret_plot(by_task, budget):
    """by_task: {task: {tuner: list of regret lists}}; the text of an SVG file."""
    tuners = sorted({tuner for series in by_task.values() for tuner in series}, key=lambda t: list(COLOURS).index(t) if t in COLOURS else 99)
    rows = math.ceil(len(by_task) / COLUMNS)
    width, height = COLUMNS * WIDTH, rows * HEIGHT + 60
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" role="img">',
           "<title>Normalised regret against runs, median and quartiles</title>",
           "<style>.title{font-size:13px;font-weight:bold}.tick{font-size:10px;fill:#555}.grid{stroke:#ddd;stroke-width:1}</style>",
           f'<rect width="{width}" height="{height}" fill="#ffffff"/>']
    for place, tuner in enumerate(tuners):
        out.append(f'<rect x="{20 + place * 130}" y="14" width="18" height="4" fill="{COLOURS.get(tuner, "#000000")}"/>')
        out.append(f'<text x="{44 + place * 130}" y="20" font-size="12">{escape(tuner)}</text>')
    for place, (task, series) in enumerate(by_task.items()):
        out += _panel(task, series, budget, (place % COLUMNS) * WIDTH, 34 + (place // COLUMNS) * HEIGHT)
    out.append(f'<text x="20" y="{height - 10}" class="tick">across: runs; up: normalised regret (0 is the best known, 1 the median configuration); '
               f"values below {FLOOR:g} are drawn at {FLOOR:g}</text></svg>")
    return "\n".join(out) + "\n"
