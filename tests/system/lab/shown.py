"""Lines of a page against lines that a program prints. The page's tunnel and session ids stand for ours, the same one each time it is named,
however many digits ours have; times, host names, link-local addresses and counts of octets are of the moment; column widths do not matter;
everything else is as shown."""
import re

LINK_LOCAL = r"fe80::[0-9a-f:]+"
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \d{4}"
TOKEN = re.compile(rf'(?P<time>{TIME})|(?P<link_local>{LINK_LOCAL})|(?P<host>(?<=host name )"[^"]*")|'
                   r"(?P<number>(?<![\d.])\d+(?![\d.]*\d))|(?P<space>\s+)")
ID = re.compile(r"\b(?:tunnel|session)(?:_id=| )(\d+)|\bpeer session (\d+)|(?<![\d.])(\d+)/(\d+)\b", re.IGNORECASE)
CONFIG_ID = re.compile(r"(\d+ +)\d+(?= +[A-Z]+$)")  # of a list: it goes by the number of threads
COUNTS = re.compile(r"( UP .* )\d+ +\d+$")  # of the list of users: octets
DOTS = "..."


class Shown:
    """What a page shows. `ids` are the page's ids as text, each with ours once it has been seen."""

    def __init__(self, page: str) -> None:
        self.page_ids = {number for match in ID.finditer(page) for number in match.groups() if number}
        self.ids: dict[str, str] = {}
        short = sorted(number for number in self.page_ids if len(number) < 3)
        if short:
            raise AssertionError(f"ids that may be taken for other numbers of the page, show some with three digits: {short}")

    def pattern(self, line: str, ids: dict[str, str]) -> str:
        """What `line` looks like with our ids; one not known yet is a named group."""
        def part(token: re.Match) -> str:
            if token.lastgroup == "time":
                return f"(?:{TIME})"
            if token.lastgroup == "link_local":
                return LINK_LOCAL
            if token.lastgroup == "host":
                return '"[^"]*"'
            if token.lastgroup == "space":
                return r"\s+"
            number = token[0]
            if number not in self.page_ids:
                return number
            if number in ids:
                return f"(?<!\\d){ids[number]}(?!\\d)"
            if number in named:
                return f"(?P=id{number})"
            named.add(number)
            return f"(?<!\\d)(?P<id{number}>\\d+)(?!\\d)"
        named: set[str] = set()
        line = COUNTS.sub(r"\1\0 \0", line.strip())
        if (row := CONFIG_ID.search(line)) and row[1].strip() in self.page_ids:
            line = line[:row.end(1)] + "\0" + line[row.end():]
        out: list[str] = []
        at = 0
        for token in TOKEN.finditer(line):
            out += [re.escape(line[at:token.start()]), part(token)]
            at = token.end()
        return ("".join(out) + re.escape(line[at:])).replace(re.escape("\0"), r"\d+")

    def matches(self, line: str, seen: str, ids: dict[str, str], whole: bool = True) -> dict[str, str] | None:
        """`ids` and those that the line adds, where `seen` is (or, without `whole`, contains) the line; None where it does not."""
        pattern, seen = re.compile(self.pattern(line, ids)), seen.strip()
        found = pattern.fullmatch(seen) if whole else pattern.search(seen)
        return ids | {name.removeprefix("id"): value for name, value in found.groupdict().items()} if found else None

    def find(self, line: str, seen: list[str], ids: dict[str, str], whole: bool = True) -> tuple[int, dict[str, str]] | None:
        for number, candidate in enumerate(seen):
            if (more := self.matches(line, candidate, ids, whole)) is not None:
                return number, more
        return None

    def learn_lines(self, expected: list[str], seen: list[str]) -> bool:
        """Whether the page's lines are those seen, in their order; without dots, all of them. If so, the ids are known from now on."""
        want, got = [[line for line in lines if line.strip()] for lines in (expected, seen)]
        dots, ids = DOTS in [line.strip() for line in want], self.ids
        if not dots and len(want) != len(got):
            return False
        for line in want:
            if line.strip() == DOTS:
                continue
            found = self.find(line, got if dots else got[:1], ids)
            if found is None:
                return False
            got, ids = got[found[0] + 1:], found[1]
        self.ids = ids
        return True

    def learn_parts(self, expected: list[str], seen: list[str]) -> bool:
        """Whether each of the page's lines is in some line seen, as in a log. If so, the ids are known from now on."""
        ids = self.ids
        for line in expected:
            found = self.find(line, seen, ids, whole=False)
            if found is None:
                return False
            ids = found[1]
        self.ids = ids
        return True

    def ours(self, command: str) -> str:
        """A command of the page with our ids."""
        return re.sub(r"(?<=_id=)\d+", lambda match: self.ids.get(match[0], match[0]), command)
