"""The web face of Huiyin: a Flask app over the rules in `surveys`."""

from flask import Flask

from portal import (
    accounts,
    audit_page,
    case_feeds,
    case_photos,
    contacts_page,
    definitions_api,
    desk,
    desk_photos,
    desk_templates,
    errors,
    exclusion_desk,
    georeport,
    health,
    helpful,
    kiosk,
    kiosk_desk,
    language,
    metrics,
    my_case,
    offline,
    offline_api,
    on_behalf,
    openapi,
    pages_desk,
    paper_desk,
    phone_desk,
    public,
    scam_check,
    security,
    several,
    staff,
    staff_accounts,
    suggest,
    surveys_desk,
    theme_desk,
)
from portal.addresses import Number
from portal.bodies import Request, WholeBodies
from portal.config import Config
from portal.lean import LeanPath
from portal.state import open_portal

MAX_BODY = 256 * 1024


def create_app(config: Config) -> Flask:
    """Wire the app; DefinitionError or StoreError says why it cannot start."""
    app = Flask(__name__)
    app.request_class = Request
    app.debug = False  # whatever the environment says
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY
    app.extensions["portal"] = open_portal(config)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["filings"] = [one for one in (config.icp, config.police_filing) if one]
    app.url_map.converters["int"] = Number
    # The router's own redirects would lead to whatever host a request names.
    app.url_map.strict_slashes = app.url_map.merge_slashes = False
    metrics.install(app)
    language.install(app)
    errors.install(app)
    health.install(app)
    for module in (public, helpful, suggest, scam_check, my_case, case_photos, case_feeds):
        app.register_blueprint(module.blueprint)
    for module in (georeport, definitions_api, openapi, offline, offline_api, kiosk):
        app.register_blueprint(module.blueprint)
    app.before_request(security.refuse_foreign_posts)
    bodies = WholeBodies(max(1, config.threads * 3 // 4), {"case_photos.add": case_photos.BODY})
    bodies.install(app)
    accounts.install(app)
    for module in (staff, desk, desk_photos, on_behalf, several, desk_templates, audit_page):
        app.register_blueprint(module.blueprint)
    for module in (contacts_page, staff_accounts, surveys_desk, exclusion_desk, theme_desk):
        app.register_blueprint(module.blueprint)
    for module in (pages_desk, paper_desk, phone_desk, kiosk_desk):
        app.register_blueprint(module.blueprint)
    app.after_request(security.add_headers)
    app.wsgi_app = LeanPath(app, bodies)  # type: ignore[method-assign]  # what stands before an app stands there
    return app
