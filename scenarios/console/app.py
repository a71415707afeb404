"""The console's server: one page, its live feed, and what its buttons ask for.

Reads are open to this origin only, and where the console is guarded to who has shown its token; actions are POST with
the page's token, from this origin. See ``csrf`` for what keeps other websites out, and the Content-Security-Policy
below for what a CLIENT's bytes could do: nothing.
"""

from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask, Response, jsonify, render_template, request, send_from_directory
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from scenarios.console import control_document, forms, rows, start_page
from scenarios.console.actions import Actions
from scenarios.console.agreement import AgreementForm
from scenarios.console.checks import Checks
from scenarios.console.control import credentials, stores
from scenarios.console.control.autoplay import Autoplay
from scenarios.console.control.filters import Filter
from scenarios.console.control.players_in_use import Action, PlayersInUse
from scenarios.console.feed import STREAMS, Feed, Subscription
from scenarios.console.form_input import FormInput, Misfilled, read_as
from scenarios.console.providers import ServedProviders
from scenarios.console.queries import Queries
from scenarios.contract import GROUPS, RULES
from scenarios.problems.errors import Exit, Problem
from scenarios.report.page.html import TEMPLATES
from simulators.providers import OPERATOR
from simulators.server import api_docs
from simulators.server.access import csrf
from simulators.server.access.gate import Gate, NotAdmitted, shown_token
from simulators.values import decimal_json

# Threads of the server: one for each stream, and as many for everything else.
THREADS: Final = STREAMS + 12
BODY_BYTES: Final = 64 * 1024
_WHAT: Final = "pitboss console"
# Report files that may be looked at, and how.
_REPORTS: Final = {
    "report.html": "text/html; charset=utf-8",
    "report.json": "application/json",
    "junit.xml": "application/xml",
    "history.har": "application/json",
}


class Console:
    """The console of what is served. ``public_url`` is where browsers reach it, beside this machine's own names: the
    page asks for everything beside itself, whatever path it stands below. The token of ``gate`` lets programs act as
    the page does; where the gate asks nobody so much as looks on without it (None: one that does not). ``autoplay``
    plays by itself (None: nobody can).
    """

    def __init__(
        self,
        providers: ServedProviders,
        public_url: str | None = None,
        gate: Gate | None = None,
        autoplay: Autoplay | None = None,
    ) -> None:
        self.providers = providers
        self.autoplay = autoplay
        self.actions = Actions(providers)
        self.checks = Checks(providers, self._changed)
        self.agreement = AgreementForm(providers)
        self.feed = Feed(
            providers.history,
            providers.redactor,
            {
                "acting": self.actions.acting,
                "deliveries": lambda: rows.deliveries(providers),
                "check": self.checks.shown,
                "autoplay": lambda: None if autoplay is None else autoplay.shown(),
            },
        )
        self.public_urls = () if public_url is None else (public_url,)
        self.queries = Queries(providers, self.feed)
        self.players = PlayersInUse(autoplay, self.checks)
        self.gate = gate or Gate(asks=False)

    def _changed(self) -> None:
        self.feed.poke()

    def do(self, name: str, fields: Any) -> dict[str, Any]:
        """Do ``name``, what programs and the page can ask for. Raises Problem; KeyError where there is no such name."""
        sizes = {} if self.autoplay is None else self.autoplay.sizes
        done = _actions(self)[name](FormInput(fields, control_document.fields(name, sizes)))
        self.feed.poke()
        return done

    def close(self) -> None:
        """End the streams, and cancel the check under way."""
        self.feed.close()
        self.checks.close()


def create_app(console: Console) -> Flask:
    """Return the WSGI app of ``console``."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    app.json.sort_keys = False  # type: ignore[attr-defined]  # groups in the contract's order
    app.before_request(lambda: _admit(console))
    app.after_request(lambda response: _guarded(console, response))
    app.add_url_rule("/", "page", lambda: _page(console))
    app.add_url_rule("/", "login", lambda: _log_in(console), methods=["POST"])
    app.add_url_rule("/static/<path:name>", "static", lambda name: send_from_directory("static", name))
    app.add_url_rule("/static/pretty.js", "pretty", lambda: send_from_directory(TEMPLATES, "pretty.js"))
    app.add_url_rule("/events", "events", lambda: _events(console))
    app.add_url_rule("/rules", "rules", _rules)
    app.add_url_rule(
        "/exchanges",
        "exchanges",
        lambda: jsonify(console.queries.exchanges(FormInput(request.args, control_document.ASKED))),
    )
    app.add_url_rule("/exchanges/<int:number>", "exchange", lambda number: _exchange(console, number))
    app.add_url_rule("/stores", "stores", lambda: _stores(console))
    app.add_url_rule(
        "/autoplay",
        "autoplay_shown",
        lambda: jsonify(console.players.played(FormInput(request.args, control_document.ASKED_OF_AUTOPLAY))),
    )
    app.add_url_rule("/report/<name>", "report", lambda name: _report(console, name))
    app.add_url_rule(
        "/exchanges/<int:number>/again",
        "again",
        lambda number: _again(console, number),
        methods=["POST"],
    )
    for name in _actions(console):
        app.add_url_rule(f"/do/{name}", name, partial(_done, console, name), methods=["POST"])
    sizes = {} if console.autoplay is None else console.autoplay.sizes
    app.register_blueprint(api_docs.blueprint(lambda: control_document.document(sizes)))
    app.register_error_handler(_Unserved, lambda problem: _reported(problem, problem.status))
    app.register_error_handler(Misfilled, lambda wrong: _reported(wrong, 422, fields=wrong.fields))
    app.register_error_handler(NotAdmitted, lambda wrong: _reported(wrong, wrong.status))
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(HTTPException, _http_error)
    return app


def _actions(console: Console) -> dict[str, Action]:
    """What programs and the page can ask for, by name."""
    alone = console.players.alone
    return {
        "raise": console.actions.raise_event,
        "resend": console.actions.resend,
        "deliver": console.actions.deliver,
        "faults": console.actions.set_faults,
        "disturb": console.actions.disturb,
        "end_faults": lambda _: console.actions.end_faults(),
        "reset": lambda _: console.actions.reset(),
        "audit": alone(
            "an audit of one player",
            lambda asked: console.queries.audit(
                *console.actions.audited(asked), since=asked.count("since", 0, 0, 10**9)
            ),
        ),
        "session": console.actions.open_session,
        "agree": console.agreement.fill_in,
        "credentials": lambda asked: _handed_back(console, asked),
        "rotate": alone(
            "a change of credentials", lambda asked: credentials.rotate(console.providers, asked)
        ),
        "store": lambda asked: stores.change(console.providers, asked),
        "check": alone("a check", console.checks.start),
        "autoplay": console.players.play,
        "stop_autoplay": lambda _: console.players.stop(),
        "cancel": lambda _: console.checks.cancel(),
    }


def _admit(console: Console) -> ResponseReturnValue | None:
    """Let the request through (None), or answer it."""
    csrf.check_host(console.public_urls)
    csrf.check_site()
    if request.endpoint in ("static", "pretty", "login"):
        return None
    gate, given = console.gate, shown_token()
    answer = gate.admit(_WHAT if request.endpoint == "page" else None)
    if answer is not None:
        return answer
    # Whoever reads needs no token on this machine, but may find out whether its own is right.
    if request.method in ("GET", "HEAD") and not given:
        return None
    site, said = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    own = {request.host, *(urlsplit(url).netloc for url in console.public_urls)}
    if csrf.made_elsewhere(site, said, own) or not gate.fits(given):
        raise _Unserved(
            403,
            "this request did not come from the console's own page, or from one of before a restart",
            "one from the page as it is now. Nothing was done",
            "reload the page and try again",
        )
    return None


def _log_in(console: Console) -> ResponseReturnValue:
    """Take the token of the login page, and lead back to the page that was asked for."""
    asked = f"?{request.query_string.decode()}" if request.query_string else "."
    secure = any(url.startswith("https:") for url in console.public_urls)
    return console.gate.log_in(_WHAT, asked, secure=secure)


def _done(console: Console, name: str) -> Response:
    return jsonify(console.do(name, request.get_json(silent=True)))


def _handed_back(console: Console, asked: FormInput) -> dict[str, Any]:
    """Secrets are shown to who has shown the token, or else on this machine alone."""
    here = not console.public_urls and csrf.loopback(request.remote_addr or "")
    if not (console.gate.asks or here):
        raise _Unserved(
            403,
            "secrets were asked for from another machine, or through --console-public-url",
            "a page that is open on the machine of `pitboss serve`, or a console that asks for its token",
            "start `pitboss serve` with --require-token, or take the values from where the page says that they stand",
        )
    provider = asked.choice("provider", tuple(console.providers.served), OPERATOR)
    if provider != OPERATOR:
        return {"values": credentials.values(console.providers, provider)}
    return console.agreement.hand_back(asked)


def _page(console: Console) -> str:
    providers = console.providers
    agreement = None if providers.operator is None else console.agreement
    return render_template(
        "console.html",
        token=console.gate.token,
        guarded=console.gate.asks,
        cards=start_page.cards(providers),
        snippet=start_page.snippet(providers),
        demo=start_page.is_demo(providers.target),
        served=list(providers.served),
        form=[] if agreement is None else agreement.entries(),
        lines="" if agreement is None else agreement.lines(),
        sizes={} if console.autoplay is None else console.autoplay.sizes,
        **forms.of(providers),
    )


def _events(console: Console) -> Response:
    asked = FormInput(request.args)
    last = request.headers.get("Last-Event-ID") or asked.text("since")
    number = asked.text("exchange")
    with read_as("filter"):
        wanted = Filter.read(asked.text("filter"))
    watched = Subscription(
        wanted,
        asked.count("exchange", 0, 0, 10**9) if number else None,
        asked.count("oldest", 0, 0, 10**9),
        asked.text("page"),
    )
    response = Response(console.feed.stream(last, watched), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _rules() -> Response:
    return jsonify(
        {
            "groups": GROUPS,
            "rules": [
                {
                    "id": rule.id,
                    "level": str(rule.level),
                    "group": rule.group,
                    "statement": rule.statement,
                    "source": rule.source,
                    "why": rule.why,
                    "causes": rule.causes,
                }
                for rule in RULES.values()
            ],
        }
    )


def _exchange(console: Console, number: int) -> Response:
    history = console.providers.history
    if number >= len(history):
        raise _Unserved(
            404, f"there is no exchange #{number}", "one of those that the feed lists", "choose one of them"
        )
    exchange = history[number]
    shown = rows.detail(exchange, console.providers.redactor)
    return jsonify(shown | console.actions.to_edit(exchange))


def _again(console: Console, number: int) -> Response:
    asked = FormInput(request.get_json(silent=True) if request.data else {}, control_document.ASKED_OF_AGAIN)
    fresh = FormInput(request.args, ("fresh",)).flag("fresh")
    return jsonify(console.actions.again(number, asked, fresh=fresh))


def _stores(console: Console) -> Response:
    return Response(decimal_json.dumps(stores.listed(console.providers)), content_type="application/json")


def _report(console: Console, name: str) -> Response:
    path = console.checks.file(name) if name in _REPORTS else None
    if path is None:
        raise _Unserved(
            404,
            "there is no such report",
            "a check that has ended: it writes its files then",
            "start a check first",
        )
    response = Response(path.read_bytes(), content_type=_REPORTS[name])
    if name != "report.html":
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


class _Unserved(Problem):
    """A request that is answered with ``status`` and nothing else."""

    def __init__(self, status: int, came: str, expected: str, next_step: str) -> None:
        super().__init__(came, expected, next_step)
        self.status = status


def _reported(problem: Problem | NotAdmitted, status: int, **more: Any) -> ResponseReturnValue:
    beats = jsonify(came=problem.came, expected=problem.expected, next_step=problem.next_step, **more)
    return beats, status


def _problem(problem: Problem) -> ResponseReturnValue:
    return _reported(problem, 502 if problem.exit_code == Exit.UNREACHABLE else 422)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    answer = {
        "came": error.description or error.name,
        "expected": "a request as the console's page makes it",
        "next_step": "reload the page",
    }
    return jsonify(answer), error.code or 500


def _guarded(console: Console, response: Response) -> Response:
    operator = console.providers.operator
    frames = ""
    if operator is not None:
        parts = urlsplit(operator.public_url)
        port = operator.listener.port
        # Sessions that the CLIENT opened stand under the name that it knows the OPERATOR by.
        own = f"http://127.0.0.1:{port} http://localhost:{port}"
        frames = f" {parts.scheme}://{parts.netloc} {own}"
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if request.endpoint == "report":
        # A report stands for itself: its scripts run without this origin, so they can do nothing here.
        policy = "sandbox allow-scripts allow-popups allow-downloads"
    elif "Content-Security-Policy" in response.headers:
        policy = response.headers["Content-Security-Policy"]
    else:
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
            f"frame-src 'self'{frames}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
        )
    response.headers["Content-Security-Policy"] = policy
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
