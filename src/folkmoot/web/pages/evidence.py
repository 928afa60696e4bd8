"""Evidence of a case: who looked at it, a file of it for an authority or a court, and a view of the decision for anybody."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from folkmoot.errors import FolkmootError, Missing
from folkmoot.moderation.evidence import bundle, press
from folkmoot.moderation.evidence.looks import looks
from folkmoot.vault import open_vault
from folkmoot.web.errors import STATUS
from folkmoot.web.pages import words
from folkmoot.web.pages.forms import Asked
from folkmoot.web.pages.reports import rules_by_id
from folkmoot.web.pages.visit import Answer, Visit
from folkmoot.web.pages.words import say


@get("/admin/cases/{id_:str}/evidence", include_in_schema=False)
async def show_evidence(request: Asked, id_: FromPath[str]) -> Answer:
    """Looks, export and public view of one case."""
    visit = await Visit.of_steward(request)
    return await _show(visit, visit.id(id_))


async def _show(visit: Visit, id: int, error: FolkmootError | None = None, why: str = "", shown: str = "") -> Answer:
    db = visit.server.db
    token = await press.view_of(db, id)
    if not shown and token is None:
        try:
            shown = await press.propose(db, visit.member, id)
        except press.NotDecided:
            shown = ""
    return await visit.page(
        "admin/evidence.html",
        status=STATUS[error.kind] if error else 200,
        id=id,
        looks=await looks(db, id),
        token=token,
        shown=shown,
        why=why,
        wrong=words.current().of_error(error) if error else "",
    )


@post("/admin/evidence/{id_:str}/export", include_in_schema=False)
async def export_evidence(request: Asked, id_: FromPath[str]) -> Answer:
    """The evidence as a signed file."""
    visit = await Visit.of_steward(request)
    form = await visit.form()
    id, server = visit.id(id_), visit.server
    try:
        made = await bundle.export(
            server.db,
            server.storage,
            server.settings,
            open_vault(server.settings.data),
            visit.member,
            id,
            form.text("why"),
        )
    except Missing:
        raise
    except FolkmootError as error:
        return await _show(visit, id, error)
    headers = {"content-disposition": f'attachment; filename="evidence-{id}.zip"', "cache-control": "no-store"}
    return Response(made, media_type="application/zip", headers=headers)


@post("/admin/evidence/{id_:str}/{deed:str}", include_in_schema=False)
async def show_or_take_back(request: Asked, id_: FromPath[str], deed: FromPath[str]) -> Answer:
    """Make the public view of a decision, or take it back."""
    visit = await Visit.of_steward(request)
    form = await visit.form()
    id, db = visit.id(id_), visit.server.db
    why, shown = form.text("why"), form.text("shown").replace("\r\n", "\n")
    try:
        if deed == "show":
            await press.show_to_the_press(db, visit.member, id, shown=shown, why=why)
        elif deed == "take-back":
            await press.take_back(db, visit.member, id)
        else:
            raise Missing
    except Missing:
        raise
    except FolkmootError as error:
        return await _show(visit, id, error, why, shown)
    done = say("Anybody with the address may read it now.") if deed == "show" else say("Taken back.")
    return visit.back(f"/admin/cases/{id}/evidence", done)


@get("/shown/{token:str}", include_in_schema=False)
async def show_to_anybody(request: Asked, token: FromPath[str]) -> Answer:
    """A decision for the press and everybody: what was decided and how, with what points to people masked."""
    visit = await Visit.of(request)
    view = await press.press_view(visit.server.db, token)
    rules = await rules_by_id(visit)
    return await visit.page(
        "decisions/public.html",
        here="about",
        status=410 if view.withdrawn_at else 200,
        view=view,
        rule=rules.get(view.rule_id) if view.rule_id is not None else None,
    )


@get("/transparency/evidence-key", include_in_schema=False)
async def evidence_key(request: Asked) -> Response[str]:
    """The key that checks this network's bundles of evidence."""
    settings = (await Visit.of(request)).server.settings
    return Response(f"{bundle.public_key(settings, open_vault(settings.data))}\n", media_type="text/plain")
