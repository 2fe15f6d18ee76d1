"""Answers to the first behavioural question of the bank, written for these tests."""

from coach.questions import built_in

BANK = built_in()
QUESTION = BANK["any-beh-1"]  # about a failure and what came of it
STRONG = (
    "In May two years ago I sent the price list of the wrong year to all 140 dealers of our garden centre, and that "
    "was my failure alone. I noticed it on the way home, when the third dealer rang me about the lawn mowers. I turned "
    "round, called my boss before anything else, and wrote one mail with the right list and one sentence of apology. "
    "Then I rang the eleven dealers who had ordered already, and we honoured the old price for nine of them, which "
    "cost us 2,300 euros. I had picked the file by its name and never opened it. Since then a colleague opens what I "
    "send to more than ten people, and last spring she found a wrong page before it went out."
)
MIDDLING = (
    "I once sent a wrong price list to our dealers. They called us and were not happy, so I sent the right one and "
    "said sorry. My boss was annoyed, but in the end it was all right. Now I check things twice before I send them."
)
WEAK = (
    "I think failure is just a part of life and everybody makes mistakes. You always have to learn from it and stay "
    "positive. I am a real team player and I always give my best. Communication is the key, and at the end of the day "
    "we always find a good solution together."
)
