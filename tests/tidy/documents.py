#!/usr/bin/env python3
"""Documents against the tree: the packages of README and ./dev are the same, the two commands are there, links and named files exist,
and ARCHITECTURE.md has the marks between which the state tables go."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")


def packages_of_dev() -> set[str]:
    text = (ROOT / "dev").read_text()
    return {word for block in re.findall(r"^\w+_packages=\((.*?)\)", text, re.MULTILINE | re.DOTALL) for word in block.split()}


def packages_of_readme() -> set[str]:
    section = (ROOT / "README.md").read_text().split("## Dependencies")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def main() -> int:
    complaints = []
    dev, readme = packages_of_dev(), packages_of_readme()
    complaints += [f"README.md: package {name} is not installed by ./dev setup" for name in sorted(readme - dev)]
    complaints += [f"README.md: package {name} of ./dev setup is missing in the table" for name in sorted(dev - readme)]
    if re.findall(r"^    (sudo ./dev \w+)$", (ROOT / "README.md").read_text(), re.MULTILINE) != ["sudo ./dev demo", "sudo ./dev test"]:
        complaints.append("README.md: the newcomer's commands are sudo ./dev demo and sudo ./dev test, and no others")
    for page in PAGES:
        text = (ROOT / page).read_text()
        names = re.findall(r"\]\(([^)#:]+)\)", text) + re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.(?:hpp|cpp|h|x|py|md|cmake|txt))`", text)
        for name in names:
            if "NAME" not in name and not (ROOT / name).exists():
                complaints.append(f"{page}: {name} does not exist")
    marks = re.findall(r"<!-- tables: (\w+) -->", (ROOT / "ARCHITECTURE.md").read_text())
    if marks != ["begin", "end"]:
        complaints.append("ARCHITECTURE.md: the state tables go between the marks `tables: begin` and `tables: end`")
    print("\n".join(complaints) or "documents: nothing to say")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
