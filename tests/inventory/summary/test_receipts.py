"""What the page says once a receipt is in stock."""

from inventory.summary import receipts

LINE = {"item": "chicken", "amount": 2.0, "unit": "kg", "text": "AYAM", "beside": 0.0}
DONE = {"number": 3, "status": "confirmed", "outlet": "Bangsar", "day": "2026-11-20", "lines": [LINE]}


def test_a_delivery_that_was_in_the_book_before_is_told():
    assert "twice" not in receipts.confirmed(DONE)
    twice = receipts.confirmed(DONE | {"lines": [LINE | {"beside": 10.0}]})
    assert "told before that chicken came in that day" in twice and "twice" in twice
