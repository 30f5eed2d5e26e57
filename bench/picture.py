"""The times as a picture: a panel for each measurement, a bar for each
program."""

import math

import plan

PANELS = ["pingpong", "ready", "bulk64", "rate", "refused", "datagrams",
          "crowd100", "crowd1000", "crowd10000"]
COLUMNS = 3
WIDTH, LABEL, BAR, STEP, HEAD = 344, 142, 12, 16, 26
COLOURS = {plan.OURS: "#1f6feb", plan.REFERENCE: "#57606a"}
OTHERS = "#b6bec8"
SHOWN = 4.0  # a longer bar is cut


def element(name, content="", **attributes):
    words = "".join(f' {k.replace("_", "-")}="{v}"'
                    for k, v in attributes.items())
    return f"<{name}{words}>{content}</{name}>"


def text(x, y, words, **attributes):
    return element("text", words, x=f"{x:.0f}", y=f"{y:.0f}", **attributes)


def bar(measured, row, program, y, scale):
    """A program's bar in its panel, with its quartiles."""
    q1, median, q3 = measured.quartiles(row, program)
    shown = min(median, SHOWN)
    parts = [
        text(LABEL - 6, y + BAR - 2, measured.titles[program],
             text_anchor="end",
             font_weight="bold" if program == plan.OURS else "normal"),
        element("rect", x=LABEL, y=f"{y:.0f}", width=f"{shown * scale:.1f}",
                height=BAR, fill=COLOURS.get(program, OTHERS)),
    ]
    if median <= SHOWN:
        middle = y + BAR / 2
        parts.append(element(
            "line", x1=f"{LABEL + q1 * scale:.1f}", y1=middle,
            x2=f"{LABEL + min(q3, SHOWN) * scale:.1f}", y2=middle,
            stroke="#24292f", stroke_width=1))
    parts.append(text(LABEL + max(shown, min(q3, SHOWN)) * scale + 4,
                      y + BAR - 2, f"{median:.2f}"))
    return "".join(parts)


def panel(measured, row, programs):
    longest = max(min(measured.figure(row, p, "time"), SHOWN)
                  for p in programs)
    scale = (WIDTH - LABEL - 40) / longest
    parts = [text(LABEL, 14, measured.rows[row], font_weight="bold",
                  font_size=12)]
    parts += [bar(measured, row, p, HEAD + STEP * i, scale)
              for i, p in enumerate(programs)]
    one = LABEL + scale
    parts.append(element(
        "line", x1=f"{one:.1f}", y1=HEAD - 4, x2=f"{one:.1f}",
        y2=HEAD + STEP * len(programs), stroke="#cf222e", stroke_width=0.7,
        stroke_dasharray="3 2"))
    return "".join(parts)


def write(measured, path):
    rows = [r for r in PANELS if r in measured.rows
            and measured.figure(r, plan.REFERENCE, "time")]
    shown = {r: [p for p in measured.titles if p != plan.CONTROL
                 and measured.figure(r, p, "time")] for r in rows}
    if not rows:
        return
    height = HEAD + STEP * max(len(p) for p in shown.values()) + 14
    parts = [text(12, 18, "Time of an operation; bare system calls without a "
                  "timeout = 1. Shorter is better.", font_size=12)]
    for i, row in enumerate(rows):
        x, y = WIDTH * (i % COLUMNS), 30 + height * (i // COLUMNS)
        parts.append(element("g", panel(measured, row, shown[row]),
                             transform=f"translate({x} {y})"))
    full_width = WIDTH * min(COLUMNS, len(rows)) + 20
    full_height = 30 + height * math.ceil(len(rows) / COLUMNS)
    with open(path, "w") as f:
        f.write(element(
            "svg", element("rect", width="100%", height="100%", fill="#fff")
            + "\n".join(parts), xmlns="http://www.w3.org/2000/svg",
            width=full_width, height=full_height,
            viewBox=f"0 0 {full_width} {full_height}",
            font_family="sans-serif", font_size=10, fill="#24292f") + "\n")
