"""The desk over HTTP: the same answers, errors in words, the token, files."""

import re
import tempfile

import pytest
from fastapi.testclient import TestClient

from inventory import access, endpoints, http
from inventory.desk import Desk
from inventory.http import application, sections
from inventory.store import Store
from tests.inventory.shops import filled

BOOK = b"Date,Outlet,Item,Unit,Stock in,Balance\n2026-03-01,JB,rice,kg,1,5\n2026-03-02,JB,rice,kg,2,6\n"


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    folder = tmp_path_factory.mktemp("http")
    store = Store.open(f"sqlite:///{folder / 'shops.sqlite3'}")
    filled(store, 60)
    yield Desk(store, folder)
    store.close()


@pytest.fixture
def client(shops):
    return TestClient(application(shops), raise_server_exceptions=False)


@pytest.fixture
def empty(file_store, tmp_path):
    return TestClient(application(Desk(file_store, tmp_path)), raise_server_exceptions=False)


def test_it_answers_as_the_desk_does(shops, client):
    assert client.get("/health").json() == shops.health()
    wanted = {"outlet": "BB", "item": "ayam", "days": 3}
    assert client.get("/forecast", params=wanted).json() == shops.forecast("BB", "ayam", 3)
    assert client.get("/records", params={"outlet": "BB", "page": 2}).json() == shops.records("BB", page=2)


@pytest.mark.parametrize(
    "path, given, said",
    [
        ("/forecast", {}, "outlet: Field required"),
        ("/forecast", {"outlet": "Rome", "item": "x"}, "There is no outlet 'Rome'"),
        ("/records", {"page": "two"}, "page: Input should be a valid integer"),
        ("/records", {"first": "yesterday"}, "Write it as 2026-03-31"),
    ],
)
def test_what_cannot_be_meant_is_said(client, path, given, said):
    found = client.get(path, params=given)
    assert found.status_code == 422 and said in found.json()["detail"]


def test_a_change_needs_the_token_where_one_is_set(empty, monkeypatch):
    given = {"name": "rice", "unit": "kg"}
    assert empty.post("/set_item", json=given).status_code == 200
    monkeypatch.setenv(access.TOKEN_VARIABLE, "sesame")
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic sesame"}):
        found = empty.post("/set_item", json=given | {"price": 9.0}, headers=headers)
        assert found.status_code == 401 and "INVENTORY_TOKEN" in found.json()["detail"], headers
    assert empty.get("/items").json()[0]["price"] == 0
    found = empty.post("/set_item", json=given | {"price": 9.0}, headers={"Authorization": "Bearer sesame"})
    assert found.json()["price"] == 9


def test_every_change_asks_for_the_token(empty, monkeypatch):
    monkeypatch.setenv(access.TOKEN_VARIABLE, "sesame")
    bodies = {
        "set_item": {"name": "x"}, "add_outlet": {"name": "x"}, "promote": {"model": "x"}, "drop": {"model": "x"},
        "anomaly_feedback": {"day": "", "outlet": "", "item": "", "kind": ""}, "undo_anomaly_feedback": {"number": 1},
        "confirm_receipt": {"number": 1, "outlet": "", "day": "", "lines": []}, "discard_receipt": {"number": 1},
    }  # fmt: skip
    for name in access.WRITES:
        how = {"files": {"file": ("a.csv", BOOK)}} if name in http.UPLOADS else {"json": bodies.get(name, {})}
        assert empty.post(f"/{name}", **how).status_code == 401, name


def test_a_file_comes_in_and_goes_out(empty, monkeypatch, tmp_path):
    (folder := tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    found = empty.post("/preview_import", files={"file": ("../../book.csv", BOOK)}, data={"mapping": ""})
    assert found.json()["good"] == 2
    form = {"mapping": '{"order": null}', "outlet": ""}
    assert empty.post("/import_records", files={"file": ("../../book.csv", BOOK)}, data=form).json()["added"] == 2
    assert empty.get("/imports").json()[0]["file"] == "book.csv"
    found = empty.get("/export_records", params={"kind": "csv"})
    assert found.text.count("JB") == 2 and 'filename="stock-records.csv"' in found.headers["content-disposition"]
    assert list(folder.iterdir()) == []
    assert "give JSON" in empty.post("/preview_import", files={"file": BOOK}, data={"mapping": "{"}).json()["detail"]
    monkeypatch.setattr(http, "LARGEST", 10)
    assert "Give it in parts" in empty.post("/import_records", files={"file": ("b.csv", BOOK)}).json()["detail"]
    assert list(folder.iterdir()) == []


def test_lines_of_a_receipt_have_a_form(empty):
    given = {"number": 1, "outlet": "JB", "day": "2026-03-01", "lines": [{"item": "rice", "amount": "much"}]}
    assert "lines.0.amount" in empty.post("/confirm_receipt", json=given).json()["detail"]
    given["lines"] = [{"item": "rice", "amount": 2}]
    assert "to come" in empty.post("/confirm_receipt", json=given | {"day": "2999-01-01"}).json()["detail"]
    assert "no receipt 1" in empty.post("/confirm_receipt", json=given | {"day": "2020-01-01"}).json()["detail"]


def test_a_defect_of_ours_tells_nothing_but_a_number(client, monkeypatch, caplog):
    monkeypatch.setattr(Store, "counts", lambda self: 1 / 0)
    found = client.get("/health")
    number = re.search(r"in the log as (\w{8})", found.json()["detail"])[1]
    assert found.status_code == 500 and "Zero" not in found.text and number in caplog.text


def test_the_description_has_every_function_with_its_words(client):
    found = client.get("/openapi.json").json()
    assert set(found["paths"]) == {f"/{name}" for name in endpoints.OFFERED} and len(endpoints.OFFERED) >= 18
    for path, ways in found["paths"].items():
        [(way, about)] = ways.items()
        assert way == ("post" if path[1:] in http.POSTED else "get")
        assert about["summary"] and all(one["description"] for one in about.get("parameters", ())), path
        assert bool(about.get("security")) == (path[1:] in access.WRITES)


def test_the_page_fetches_nothing_and_names_everything(client):
    text = client.get("/").text
    assert client.get("/docs").text == text
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", text) and "@import" not in text
    assert all(f'id="{name}"' in text for name in endpoints.OFFERED)
    assert "shelf_life_days" in text and "needs the token" in text


def test_a_docstring_is_taken_apart():
    text = "Do it.\n\nArgs:\n    one: what\n        it is\n    two: more\n\nReturns:\n    A\n    thing."
    assert sections(text) == ("Do it.\n\nReturns: A thing.", {"one": "what it is", "two": "more"})
    assert sections("Do.\n\nReturns:\n    It.") == ("Do.\n\nReturns: It.", {})
