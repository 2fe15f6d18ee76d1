"""What page, API and HTTP offer, from plain values to plain values; what can't be meant is a UserError.

    desk = Desk()
    desk.load_example()
    desk.overview()["items"]

The parts are the other files of this folder; each is a class over the same database, folder and cache. Days are written
as 2026-03-31; an empty text means all, or none; what isn't known is None. `inventory.access` says what needs the token.
"""

from inventory.desk.data import Data
from inventory.desk.files import Files
from inventory.desk.findings import Findings
from inventory.desk.planning import Planning
from inventory.desk.questions import Questions
from inventory.desk.receipts import Receipts
from inventory.desk.service import Service


class Desk(Data, Files, Questions, Planning, Findings, Receipts, Service):
    """Safe to share between threads.

    store: None for that of the settings, opened by the first call
    folder: of trained models and trainings, None for `data_folder("inventory")`
    """
