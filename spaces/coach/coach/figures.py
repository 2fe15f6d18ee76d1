"""Numbers as people read them."""


def shown(value: float) -> str:
    """A number with as many decimals as one can hear: none from 100 on, one from 10 on, else two; no empty ones."""
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def range_of(low: float | None, high: float | None) -> str:
    """A range in words, "" where there is none."""
    if low is not None and high is not None:
        return f"{shown(low)} to {shown(high)}"
    if low is not None:
        return f"at least {shown(low)}"
    return f"at most {shown(high)}" if high is not None else ""
