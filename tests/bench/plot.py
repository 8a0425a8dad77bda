"""Line charts as SVG, for the pages under docs/. No library: a chart is some text and a few lines."""
import math
import pathlib
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 80, 20, 40, 50
COLOURS = ("#1b6ca8", "#c0392b", "#27824a", "#8e44ad", "#b9770e", "#555555")


def _ticks(low, high, log):
    """Round values that span the data, at most a dozen."""
    if log:
        return [10.0 ** power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    step = 10.0 ** math.floor(math.log10(high / 4 or 1))
    step *= next(factor for factor in (1, 2, 5, 10) if high / (step * factor) <= 6)
    return [step * i for i in range(math.ceil(high / step) + 1)]


def _number(value):
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:g}"


def lines(path, title, x_name, y_name, series, log_y=False):
    """Writes a chart of {name: [(x, y), ...]}. The places of x are evenly spaced, in the order of the first series."""
    places = [x for x, _ in next(iter(series.values()))]
    values = [y for points in series.values() for _, y in points]
    ticks = _ticks(min(values), max(values), log_y)
    scale = math.log10 if log_y else float
    bottom, top = scale(ticks[0]), scale(ticks[-1])

    def at_x(x):
        return LEFT + (places.index(x) + 0.5) * (WIDTH - LEFT - RIGHT) / len(places)

    def at_y(y):
        return HEIGHT - BOTTOM - (scale(y) - bottom) / ((top - bottom) or 1) * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{WIDTH / 2}" y="20" text-anchor="middle" font-size="14">{escape(title)}</text>']
    for tick in ticks:
        y = at_y(tick)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dddddd"/>')
        out.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_number(tick)}</text>')
    for place in places:
        out.append(f'<text x="{at_x(place):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{escape(str(place))}</text>')
    out.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 10}" text-anchor="middle">{escape(x_name)}</text>')
    out.append(f'<text transform="translate(16 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">{escape(y_name)}</text>')
    for number, (name, points) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        dots = [(at_x(x), at_y(y)) for x, y in points]
        out.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in dots)}"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in dots]
        out.append(f'<text x="{LEFT + 10}" y="{TOP + 12 + 16 * number}" fill="{colour}">{escape(name)}</text>')
    out.append("</svg>")
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(out) + "\n")
