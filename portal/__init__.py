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
    kiosk,
    language,
    metrics,
    my_case,
    offline,
    offline_api,
    on_behalf,
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
    app.register_blueprint(public.blueprint)
    app.register_blueprint(suggest.blueprint)
    app.register_blueprint(scam_check.blueprint)
    app.register_blueprint(my_case.blueprint)
    app.register_blueprint(case_photos.blueprint)
    app.register_blueprint(case_feeds.blueprint)
    app.register_blueprint(georeport.blueprint)
    app.register_blueprint(definitions_api.blueprint)
    for module in (offline, offline_api, kiosk):
        app.register_blueprint(module.blueprint)
    app.before_request(security.refuse_foreign_posts)
    bodies = WholeBodies(max(1, config.threads * 3 // 4), {"case_photos.add": case_photos.BODY})
    bodies.install(app)
    accounts.install(app)
    app.register_blueprint(staff.blueprint)
    app.register_blueprint(desk.blueprint)
    app.register_blueprint(desk_photos.blueprint)
    app.register_blueprint(on_behalf.blueprint)
    for module in (several, desk_templates, audit_page, contacts_page, staff_accounts):
        app.register_blueprint(module.blueprint)
    app.register_blueprint(surveys_desk.blueprint)
    app.register_blueprint(exclusion_desk.blueprint)
    app.register_blueprint(theme_desk.blueprint)
    app.register_blueprint(pages_desk.blueprint)
    app.register_blueprint(paper_desk.blueprint)
    app.register_blueprint(phone_desk.blueprint)
    app.after_request(security.add_headers)
    app.wsgi_app = LeanPath(app, bodies)  # type: ignore[method-assign]  # what stands before an app stands there
    return app
