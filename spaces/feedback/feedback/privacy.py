"""Personal data out of a text, before it is stored: what is found is replaced by its kind in square brackets.

Addresses of e-mail, phone numbers, payment cards, IBANs, IP addresses, and names where the words around them say that
they are names. Numbers are checked and not only matched: a card by its issuer's digits and Luhn's sum (ISO/IEC 7812),
an IBAN by its country's length and check digits (ISO 13616), a phone number by the plans in the library phonenumbers.

A name that stands alone, an address of a house, or "the doctor in Mill Road" is not found: this lowers the risk of
keeping personal data, it does not make a text anonymous.
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

KINDS = ("email", "iban", "card", "ip", "phone", "name")
REGIONS = ("US", "GB", "DE", "FR", "IN", "AU", "ES", "IT", "BR")  # where a number without its country is tried

# Lengths of IBANs by country, from the registry of ISO 13616.
_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FO GL NL", 19: "MK SI", 20: "AT BA EE KZ LT LU XK", 21: "CH CR HR LI LV",
        22: "BG BH DE GB GE IE ME RS", 23: "AE GI IL IQ TL OM", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST", 26: "IS TR", 27: "FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HU LB NI PL SV",
        29: "BR EG PS QA UA", 30: "JO KW MU", 31: "MT SC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?![\w-])")
_IBAN = re.compile(r"(?<![^\W_])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}")
_CARD = re.compile(r"(?<![\w.,])(?<!\d[ -])\d(?:[ -]?\d){12,18}(?![ -]?\d)(?![\w])")
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{0,39}:[0-9A-Fa-f:.]{1,20}(?![\w:])")
_PHONE = re.compile(r"(?<![\w.,:/#@+-])\+?\(?\d(?:[ ().\-/]{0,3}\d){6,14}(?![\w@%]|[.,:/-]\d)")
_HOME = """0.0.0.0/8 10.0.0.0/8 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16 224.0.0.0/3
::/127 fc00::/7 fe80::/10 ff00::/8"""
_AT_HOME = [ipaddress.ip_network(network) for network in _HOME.split()]

_CARDS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|2720\d{12}|3[47]\d{13}|6(?:011|5\d\d)\d{12}"
    r"|64[4-9]\d{13}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[689]\d)\d{11}|62\d{14,17}|(?:50|5[6-9]|6[37])\d{14,17}"
)
# What stands before a number that is something else, and what stands before one that is a phone's.
_NUMBER_OF = re.compile(
    r"(?<![^\W_])(?:order|ord|invoice|ticket|case|ref(?:erence)?|booking|serial|imei|tracking|parcel|account|customer|client|member"
    r"(?:ship)?|policy|contract|product|item|article|model|part|sku|version|build|firmware|release|error|code|id|isbn|ean"
    r"|nr|no|num|number|meter|reading|patient|passport|vat|tax|iban|acc|v)"
    r"(?:[ -](?:number|no|nr|id|num|code))?[ .:#=-]{0,4}(?:is |was |of )?$",
    re.IGNORECASE,
)
_CALLS = re.compile(
    r"\b(?:call|ring|phone|tel|telephone|mobile|cell|whatsapp|sms|text|fax|reach|contact|dial|landline|my number)\b"
    r"[^.!?\n]{0,30}$",
    re.IGNORECASE,
)
_MONEY = re.compile(r"[$€£¥₹]\s*$|\b(?:usd|eur|gbp|rs|inr|chf|price|paid|cost)\.?\s*$", re.IGNORECASE)
_MONEY_AFTER = re.compile(
    r"\s{0,2}(?:[$€£¥₹%]|(?:usd|eur|gbp|euros?|dollars?|pounds?|kwh|bytes?|[kmg]b|ms)\b)", re.IGNORECASE
)
_PHONE_NUMBER = re.compile(
    r"\b(?:phone|tel|telephone|mobile|cell|contact|fax|my|whatsapp) (?:number|no|nr)\W*(?:is )?$", re.I
)
_DATE = re.compile(  # a day, a day with an hour, or years from and to
    r"(?:(?:19|20)\d\d([ ./-])\d{1,2}\1\d{1,2}|\d{1,2}([ ./-])\d{1,2}\2(?:19|20)?\d\d)(?:[ -]+\d{1,2}(?:[.]\d\d)?)?"
    r"|(?:19|20)\d\d ?[-/] ?(?:19|20)\d\d"
)

_WORD = r"[^\W\d_](?:[^\W\d_]|['\u2019.\-](?=[^\W\d_]))*(?![\w])\.?"
_NAMES = rf"(?P<name>{_WORD}(?:[ \t]+{_WORD}){{0,3}})"


@dataclass(frozen=True)
class _Naming:
    """Words that a name follows. needles: of which the text in lower case has one, else it isn't searched; told: they
    say that it is a name, so that it needs no capital; whole: all words up to `after` are the name, or none is."""

    needles: tuple[str, ...]
    before: str
    after: str = ""
    told: bool = False
    whole: bool = False
    flags: re.RegexFlag = re.IGNORECASE

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(rf"(?P<before>{self.before}){_NAMES}{self.after}", self.flags)


_NAMINGS = (
    _Naming(
        ("name", "called"),
        r"(?:\bmy (?:full )?name(?:['\u2019]s| is)|\b(?:i am|i['\u2019]m) called|(?:^|\n)name:)[ \t]+",
        told=True,
    ),
    _Naming(
        ("mr", "ms", "mx", "dr", "prof", "miss", "herr", "frau", "mme"),
        r"\b(?:Mr|Mrs|Ms|Mx|Dr|Prof|Miss|Herr|Frau|Mme|MR|MRS|MS|DR)\.?[ \t]+",
        flags=re.UNICODE,
    ),
    _Naming(
        ("i am", "i'm", "i\u2019m", "im ", "this is"),
        r"\b(?:i am|i['\u2019]m|im|this is)[ \t]+",
        r"(?=,?[ \t]+(?:from|here|calling|writing|speaking|with the|at the)\b)",
    ),
    _Naming(("spoke", "talked", "chatted", "speak"), r"\b(?:spoken?|talked|chatted|speak) (?:to|with)[ \t]+"),
    _Naming(("dear",), r"(?:^|\n)[ \t]*dear[ \t]+", r"(?=[ \t]*[,:!\n-])", whole=True),
    _Naming(
        ("regards", "wishes", "greetings", "sincerely", "faithfully", "truly", "yours", "cheers", "thank", "love"),
        r"\b(?:regards|wishes|greetings|sincerely|faithfully|truly|yours|cheers|thanks|thank you|love)"
        r"[ \t]*(?:[,!.-][ \t]*\n?|\n)[ \t]*",
        r"(?=[ \t]*(?:[,.!]?[ \t]*(?:\n|$)|,))",
        whole=True,
    ),
    _Naming(("-", "\u2013", "\u2014", "~"), r"(?:\n|[.!?)])[ \t]*[-\u2013\u2014~][ \t]?", r"(?=[ \t]*$)", whole=True),
)
# Words that are no name though they have a capital: "I'm Really tired", "Dear Support", "Thanks, Great app".
_CAPITALS = """
a about account accounts admin again all also always am amazing american an and android anyway app apple april are at
august awesome back bad being best better british but can cant care chat cool customer customers dear december
developer developers devs did do does done dont easy english even ever every everyone excellent facilities fan
fantastic february finally first fix folks for french friday friend friends from german going good google got great
guys happy hello help helpful here hi hope how however i if im in ios is it it's its ive january july june just keep
kind ladies last look looking love lovely loving madam management manager march may me microsoft missing misspelled
monday more much my need never new nice no not nothing november now october of ok on one only or other our out over
owner perfect please pro really reception recommend recommended regarding regards rubbish sales same samsung saturday
seller september service shame showing shown sick simple sir sirs so some sorry spelled spelt staff still stop such
sunday super support taken team terrible thank thanks that the there they this thursday to too tried try tuesday two
uninstalled update use useful user users very waiting want was we wednesday well what when who why will windows with
wonderful work working works world worst would wow wrong yes you your
"""
_NO_NAMES = frozenset(_CAPITALS.split())


@dataclass(frozen=True)
class Masked:
    """A text without what was found; `found` names the kind of each, in KINDS' order and then that of the text."""

    text: str
    found: tuple[str, ...]


def mask(text: str) -> Masked:
    """Replace personal data by [email], [iban], [card], [ip], [phone] and [name]. Masking again changes nothing."""
    found: list[str] = []
    for _ in range(10):  # taking one out can bring the next to light, as in "Mr Smith, regards, Smith"
        before = len(found)
        text = _once(text, found)
        if len(found) == before:
            break
    return Masked(text, tuple(sorted(found, key=KINDS.index)))


def _once(text: str, found: list[str]) -> str:
    if "@" in text:
        text = _replace(_EMAIL, lambda match: match.group(), "email", text, found)
    digits = sum(map(text.count, "0123456789"))
    if digits >= 7:
        text = _replace(_IBAN, _iban, "iban", text, found)
    if digits >= 13:
        text = _replace(_CARD, _card, "card", text, found)
    if digits >= 4 or "::" in text:
        text = _replace(_IPV4, _address, "ip", text, found)
    if ":" in text:
        text = _replace(_IPV6, _address, "ip", text, found)
    if digits >= 7:
        text = _replace(_PHONE, _phone, "phone", text, found)
    low = text.lower()
    for naming in _NAMINGS:
        if any(needle in low for needle in naming.needles):
            text = _replace(naming.pattern, partial(_name, naming=naming), "name", text, found)
    return text


def _replace(
    pattern: re.Pattern[str], part: Callable[[re.Match[str]], str], kind: str, text: str, found: list[str]
) -> str:
    """`text` with the beginning of each match that `part` gives (after "before", where there is one) masked."""

    def masked(match: re.Match[str]) -> str:
        taken = part(match)
        if not taken:
            return match.group()
        found.append(kind)
        before = match.groupdict().get("before", "")
        return f"{before}[{kind}]{match.group()[len(before) + len(taken) :]}"

    return pattern.sub(masked, text)


def _iban(match: re.Match[str]) -> str:
    """The part of a match that is an IBAN: the words behind it are no part of it."""
    length = _IBAN_LENGTHS.get(match.group()[:2].upper())
    places = [place for place, sign in enumerate(match.group()) if sign not in " -"]
    if length is None or len(places) < length:
        return ""
    taken = match.group()[: places[length - 1] + 1]
    if match.string[match.start() + len(taken) :][:1].isalnum():
        return ""
    compact = re.sub("[ -]", "", taken).upper()
    return taken if int("".join(str(int(sign, 36)) for sign in compact[4:] + compact[:4])) % 97 == 1 else ""


def _card(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match.group())
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    valid = (doubled + sum(map(int, digits[-1::-2]))) % 10 == 0
    return match.group() if valid and _CARDS.fullmatch(digits) else ""


def _address(match: re.Match[str]) -> str:
    """An IP address that leads to somebody: none of a home network, and no version of something."""
    taken = match.group().rstrip(".:") if ":" in match.group() else match.group()
    try:
        address = ipaddress.ip_address(taken)
    except ValueError:
        return ""
    before = match.string[max(0, match.start() - 40) : match.start()]
    if _NUMBER_OF.search(before) or (address.version == 6 and not re.search(r"\d", taken)):
        return ""
    return "" if any(address in network for network in _AT_HOME if network.version == address.version) else taken


def _phone(match: re.Match[str]) -> str:
    taken = match.group()
    before = match.string[max(0, match.start() - 60) : match.start()]
    digits = re.sub(r"\D", "", taken)
    bare = taken.isdigit()
    if _DATE.fullmatch(taken) or _MONEY.search(before) or _MONEY_AFTER.match(match.string[match.end() :]):
        return ""
    international = taken.startswith("+") or (digits.startswith("00") and len(digits) >= 10)
    called = _CALLS.search(before) is not None
    if international:
        return taken if _is_phone(f"+{digits.removeprefix('00')}", None) else ""
    if _NUMBER_OF.search(before) and not _PHONE_NUMBER.search(before):
        return ""
    if called and not re.search(r"\d\.\d", taken) and len(digits) >= 7:
        return taken  # also a local one without its area
    if re.fullmatch(r"\(?[2-9]\d\d\)?[ .-]{1,2}\d{3}[ .-]\d{4}|1[ .-]\(?[2-9]\d\d\)?[ .-]\d{3}[ .-]\d{4}", taken):
        return taken  # written as in North America, of an area that need not exist: 555 is in use nowhere
    if not bare and not digits.startswith("0") and not re.match(r"\(\d", taken):
        return ""  # measures, ranges and numbers of parts are written so too
    if len(digits) < 9 or (bare and digits[0] not in "06789"):
        return ""
    return taken if any(_is_phone(digits, region) for region in REGIONS) else ""


def _is_phone(number: str, region: str | None) -> bool:
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, region)
        # Who writes the country means a phone; else the number has to be one that is given out.
        return phonenumbers.is_valid_number(parsed) if region else phonenumbers.is_possible_number(parsed)
    except phonenumbers.NumberParseException:
        return False


def _name(match: re.Match[str], naming: _Naming) -> str:
    """The words of a match that are a name: those with a capital, up to the first that is none."""
    words, end = match.group("name"), 0
    for count, word in enumerate(re.finditer(_WORD, words)):
        plain = word.group().rstrip(".").lower()
        lower_case = naming.told and count == 0 and len(plain) > 1  # "my name is anna and …"
        if plain in _NO_NAMES or not (word.group()[0].isupper() or lower_case):
            break
        sentence_ends = word.group().endswith(".") and len(plain) > 2  # and no initial
        end = word.end() - sentence_ends
        if sentence_ends:
            break
    return "" if naming.whole and words[end:].strip(". ") else words[:end]
