"""Receipts drawn for the tests: what they say is known, because it was drawn."""

import math
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont


@dataclass(frozen=True)
class Bought:
    name: str
    quantity: int
    price: float

    @property
    def amount(self) -> float:
        return round(self.quantity * self.price, 2)


@dataclass(frozen=True)
class Drawn:
    """What a receipt says. rounding: to five cents, in cents; paid: in cash"""

    company: str = "PASAR MINI SERI KAYU SDN BHD"
    day: date = date(2024, 7, 19)
    bought: tuple[Bought, ...] = (
        Bought("CHICKEN WHOLE", 3, 14.50),
        Bought("COCONUT MILK 1L", 2, 6.25),
        Bought("BAWANG BESAR", 1, 4.83),
    )
    paid: float = 100.0
    address: tuple[str, ...] = field(default=("NO 12, JALAN MELATI 3", "47500 SUBANG JAYA, SELANGOR"))

    @property
    def subtotal(self) -> float:
        return round(sum(one.amount for one in self.bought), 2)

    @property
    def total(self) -> float:
        return round(round(self.subtotal * 20) / 20, 2)

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Left and right text of each row; one with "" on the right stands in the middle."""
        rows = [(f"{self.company} (123456-K)", ""), *((line, "") for line in self.address)]
        rows += [("TAX INVOICE", ""), ("", "")]
        rows += [(f"DATE: {self.day:%d/%m/%Y} 14:05", "CASHIER: AMINAH"), ("", ""), ("DESCRIPTION", "AMOUNT")]
        for one in self.bought:
            rows += [(one.name, ""), (f"  {one.quantity} x {one.price:.2f}", f"{one.amount:.2f}")]
        rows += [("", ""), ("SUBTOTAL", f"{self.subtotal:.2f}")]
        rows += [("ROUNDING", f"{self.total - self.subtotal:.2f}"), ("TOTAL", f"RM {self.total:.2f}")]
        rows += [("CASH", f"{self.paid:.2f}"), ("CHANGE", f"{self.paid - self.total:.2f}"), ("", ""), ("THANK YOU", "")]
        return rows


def draw(receipt: Drawn, width: int = 620, size: int = 24) -> np.ndarray:
    """The paper (H, W, 3) uint8: dark print on white."""
    rows = receipt.rows
    font = ImageFont.load_default(size)
    step = round(1.6 * size)
    image = Image.new("RGB", (width, step * (len(rows) + 2)), "white")
    pen = ImageDraw.Draw(image)
    for at, (left, right) in enumerate(rows, start=1):
        y = at * step
        if right or left.startswith(" ") or left in {one.name for one in receipt.bought}:
            pen.text((36, y), left, "#181818", font)
            pen.text((width - 36, y), right, "#181818", font, anchor="ra")
        else:
            pen.text((width / 2, y), left, "#181818", font, anchor="ma")
    return np.asarray(image)


def photo(paper: np.ndarray, tilt: float = 6.0, seed: int = 0, size: tuple[int, int] = (1100, 1500)) -> np.ndarray:
    """The paper on a dark table, seen a little from the side, in uneven light, with the noise of a small camera.

    tilt: degrees by which it lies turned; size: (width, height) px
    """
    import cv2

    rng = np.random.default_rng(seed)
    width, height = size
    table = np.full((height, width, 3), (92, 68, 48), np.uint8)
    scale = min(0.78 * width / paper.shape[1], 0.82 * height / paper.shape[0])
    half = np.array([paper.shape[1], paper.shape[0]]) * scale / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half * [[0.9], [0.9], [1.0], [1.0]]
    turn = math.radians(tilt)
    turned = corners @ np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    target = (turned + np.array([width, height]) / 2).astype(np.float32)
    source = np.array([[0, 0], [paper.shape[1], 0], [paper.shape[1], paper.shape[0]], [0, paper.shape[0]]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, target)
    cv2.warpPerspective(paper, matrix, size, table, cv2.INTER_AREA, cv2.BORDER_TRANSPARENT)
    light = np.linspace(1.0, 0.6, width)[None, :, None] * np.linspace(1.0, 0.9, height)[:, None, None]
    return np.clip(table * light + rng.normal(0, 4, table.shape), 0, 255).astype(np.uint8)


def cat(size: int = 700) -> np.ndarray:
    """A cat in a meadow, without a letter."""
    image = Image.new("RGB", (size, size), "#7fae6a")
    pen = ImageDraw.Draw(image)
    u = size / 100
    pen.ellipse([22 * u, 45 * u, 78 * u, 95 * u], "#c98b4a")
    pen.ellipse([30 * u, 18 * u, 70 * u, 56 * u], "#d79a58")
    for side in (-1, 1):
        x = (50 + 14 * side) * u
        pen.polygon([(x - 8 * u, 26 * u), (x + 8 * u, 26 * u), (x + 4 * side * u, 8 * u)], "#d79a58")
        pen.ellipse([x - 9 * u * (side > 0), 32 * u, x + 9 * u * (side < 0), 41 * u], "#e8f0a0")
        pen.line([(50 * u, 46 * u), (50 * u + 30 * side * u, 42 * u)], "#403020", 2)
        pen.line([(50 * u, 47 * u), (50 * u + 30 * side * u, 50 * u)], "#403020", 2)
    pen.polygon([(47 * u, 43 * u), (53 * u, 43 * u), (50 * u, 46 * u)], "#b05060")
    pen.arc([76 * u, 50 * u, 96 * u, 92 * u], 120, 400, "#c98b4a", round(5 * u))
    noise = np.random.default_rng(0).normal(0, 5, (size, size, 3))
    return np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8)


def pdf(path: Path, pages: list[list[str]]) -> Path:
    """A PDF with a text layer: a line of each page below the other, in Courier."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>"]
    kids = []
    for lines in pages:
        words = "\n".join(f"1 0 0 1 40 {800 - 18 * at} Tm ({_escaped(line)}) Tj" for at, line in enumerate(lines))
        stream = f"BT /F1 12 Tf\n{words}\nET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 842] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {len(objects)} 0 R >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    data, places = b"%PDF-1.4\n", []
    for number, text in enumerate(objects, start=1):
        places.append(len(data))
        data += f"{number} 0 obj\n{text}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    data += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode()
    data += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n".encode()
    data += f"{data.rindex(b'xref', 0, -12)}\n%%EOF\n".encode()
    path.write_bytes(data)
    return path


def lines_of(receipt: Drawn, width: int = 40) -> list[str]:
    """The rows as text in columns."""
    return [f"{left}{right.rjust(max(2, width - len(left)))}" if right else left for left, right in receipt.rows]


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
