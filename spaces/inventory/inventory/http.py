"""The desk over plain HTTP: what reads is GET, what changes something is POST, each under the name of its function.

    GET  forecast?outlet=Subang&item=chicken
    POST set_item            {"name": "chicken", "price": 11.5}, with Authorization: Bearer <INVENTORY_TOKEN>
    POST import_records      a form with the file

What can't be meant is answered with 422 and {"detail": "..."}, a missing token with 401. The description is at
openapi.json, and as a page that fetches nothing from elsewhere at the root and at docs.
"""

import inspect
import json
import logging
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from common.errors import UserError
from inventory import access
from inventory.desk import Desk
from inventory.endpoints import FILES, OFFERED, parameters
from inventory.http_page import described

if TYPE_CHECKING:
    from fastapi import FastAPI, Request, UploadFile

UPLOADS = ("import_records", "preview_import", "scan_receipt")  # take a file
POSTED = (*access.WRITES, *UPLOADS)
LARGEST = 256 * 2**20  # bytes of a file
_AT_ONCE = 2**20
_LOG = logging.getLogger(__name__)


def application(desk: Desk) -> "FastAPI":
    """An application to be mounted, or served by itself."""
    from fastapi import FastAPI
    from fastapi.responses import HTMLResponse

    app = FastAPI(
        title="Inventory",
        description="Stock records in, decisions out: forecasts, orders, anomalies, receipts, questions in words.",
        docs_url=None,
        redoc_url=None,
    )
    _answer_errors(app)
    for name in OFFERED:
        _add(app, desk, name)

    @app.get("/", include_in_schema=False, response_class=HTMLResponse)
    @app.get("/docs", include_in_schema=False, response_class=HTMLResponse)
    def page() -> str:
        return described(app.openapi())

    return app


def _add(app: "FastAPI", desk: Desk, name: str) -> None:
    """The function of this name as a route; its signature and docstring say what it takes."""
    from fastapi import BackgroundTasks, Depends
    from fastapi.responses import FileResponse

    function = getattr(desk, name)
    text, arguments = sections(inspect.getdoc(function))

    def answer(**given: Any) -> Any:
        if name in FILES:
            folder = tempfile.mkdtemp()
            afterwards = BackgroundTasks()
            afterwards.add_task(shutil.rmtree, folder, ignore_errors=True)
            try:
                file = Path(function(**given, folder=folder))
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            return FileResponse(file, filename=file.name, background=afterwards)
        if name not in UPLOADS:
            return function(**_plain(given))
        with _kept(given.pop("file")) as (file, called):
            more = {} if name == "preview_import" else {"name": called}
            mapping = {"mapping": _mapping(given.pop("mapping"))} if "mapping" in given else {}
            return function(str(file), **given, **mapping, **more)

    answer.__signature__ = inspect.Signature([_parameter(name, one, arguments) for one in parameters(function)])
    summary, _, rest = text.partition("\n")
    app.add_api_route(
        f"/{name}",
        answer,
        methods=["POST" if name in POSTED else "GET"],
        name=name,
        operation_id=name,
        summary=summary.rstrip("."),
        description=rest.strip(),
        response_class=FileResponse if name in FILES else _json(),
        dependencies=[Depends(_token())] if name in access.WRITES else [],
        responses={422: {"description": "What can't be meant, and what to do"}}
        | ({401: {"description": "The token is missing or wrong"}} if name in access.WRITES else {}),
    )


def _parameter(name: str, one: inspect.Parameter, arguments: dict[str, str]) -> inspect.Parameter:
    """A parameter of the desk as FastAPI reads it: of a query, of a JSON body, or of a form."""
    from fastapi import Body, File, Form, Query, UploadFile

    kind, about = one.annotation, arguments.get(one.name, "")
    if name in UPLOADS:
        place = File(description=about) if one.name == "file" else Form(description=about)
        kind = UploadFile if one.name == "file" else (str if one.name == "mapping" else kind)
    elif name in access.WRITES:
        place = Body(description=about, embed=True)
        kind = list[_line()] if one.name == "lines" else (list[str] | None if one.name == "aliases" else kind)
    else:
        place = Query(description=about)
    default = "" if one.name == "mapping" else one.default
    return inspect.Parameter(
        one.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, place]
    )


def _line() -> type:
    """A line of a receipt that enters stock."""
    from pydantic import BaseModel, Field

    class Delivered(BaseModel):
        item: str = Field(description="its name")
        amount: float = Field(description="above 0")
        unit: str = Field("", description="empty for the item's own")
        text: str = Field("", description="as it stands on the receipt")

    return Delivered


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    """Without models of pydantic."""
    lines = given.get("lines")
    return given if lines is None else given | {"lines": [line.model_dump() for line in lines]}


def _mapping(text: str) -> dict | None:
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except ValueError:
        raise UserError(f'The mapping is {text!r:.80}: give JSON, as {{"day": "Date"}}.') from None


@contextmanager
def _kept(upload: "UploadFile") -> Iterator[tuple[Path, str]]:
    """An uploaded file on disk under a name of ours, and what it was called. Raises UserError for one too large."""
    called = Path((upload.filename or "").replace("\\", "/")).name or "file"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"upload{Path(called).suffix[:10]}"
        size = 0
        with file.open("wb") as stream:
            while part := upload.file.read(_AT_ONCE):
                size += len(part)
                if size > LARGEST:
                    raise UserError(f"{called!r:.80} has more than {LARGEST >> 20} MB. Give it in parts.")
                stream.write(part)
        yield file, called


def _token() -> Callable:
    """What asks for the token of a request."""
    from fastapi import Security
    from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

    scheme = HTTPBearer(auto_error=False, description=f"The token of {access.TOKEN_VARIABLE}, where it is set.")

    def check(given: Annotated[HTTPAuthorizationCredentials | None, Security(scheme)] = None) -> None:
        access.check(given.credentials if given else "")

    return check


def _json() -> type:
    from fastapi.responses import JSONResponse

    return JSONResponse


def _answer_errors(app: "FastAPI") -> None:
    """Errors as JSON with a text; what is no error of the caller is logged under an id."""
    from fastapi.exceptions import RequestValidationError
    from fastapi.responses import JSONResponse

    @app.exception_handler(UserError)
    def user_error(request: "Request", error: UserError) -> JSONResponse:
        if isinstance(error, access.NotAllowed):
            return JSONResponse({"detail": str(error)}, 401, {"WWW-Authenticate": "Bearer"})
        return JSONResponse({"detail": str(error)}, 422)

    @app.exception_handler(RequestValidationError)
    def wrong_form(request: "Request", error: RequestValidationError) -> JSONResponse:
        said = [f"{'.'.join(str(part) for part in one['loc'][1:])}: {one['msg']}" for one in error.errors()]
        return JSONResponse({"detail": ". ".join(said)}, 422)

    @app.exception_handler(Exception)
    def defect(request: "Request", error: Exception) -> JSONResponse:
        number = uuid.uuid4().hex[:8]
        _LOG.error("Error %s at %s", number, request.url.path, exc_info=error)
        return JSONResponse({"detail": f"Something went wrong here. It is in the log as {number}."}, 500)


def sections(text: str) -> tuple[str, dict[str, str]]:
    """A docstring without its part Args, and what that says of each argument."""
    head, _, rest = text.partition("\n\nArgs:\n")
    given, _, returns = rest.partition("\n\nReturns:\n")
    arguments: dict[str, str] = {}
    for line in given.splitlines():
        if not line.startswith("     "):
            name, _, about = line.strip().partition(": ")
            arguments[name] = about
        else:
            arguments[name] += f" {line.strip()}"
    if not rest:
        head, _, returns = head.partition("\n\nReturns:\n")
    return (f"{head}\n\nReturns: {' '.join(returns.split())}" if returns else head), arguments
