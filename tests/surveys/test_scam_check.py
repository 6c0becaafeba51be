"""The self-check: what answers lead to, that each guide's own script leads to it, and that faults are told."""

import re
from dataclasses import fields, replace
from itertools import product
from pathlib import Path

import pytest

from surveys.definition import load
from surveys.errors import DefinitionError
from surveys.scam_check import FILE, Advice, Answer, Ask, Guide, ScamCheck, Sign, Verdicts, judge, readable
from tests.conftest import ROOT

FOLDER = ROOT / "surveys/definitions"
found = load(FOLDER).scam_check
assert found is not None
CHECK: ScamCheck = found
CALM = {"pay": "no", "first": "no", "secret": "no", "code": "no", "phone": "no"}

# Who calls about what in the script of each guide, and which of the five other questions she answers with yes.
SCRIPTS = {
    "verification-code": [("official", "account", "code secret"), ("service", "prize", "code")],
    "brushing-rebates": [("coach", "job", "pay first phone"), ("other", "job", "pay")],
    "fake-investment": [("coach", "invest", "pay first"), ("online", "invest", "pay first phone")],
    "fake-police": [("official", "case", "pay secret phone"), ("official", "account", "secret phone pay")],
    "fake-refund": [("service", "refund", "phone first"), ("service", "refund", "pay code")],
    "fake-shopping": [("seller", "trade", "pay phone"), ("seller", "health", "pay first")],
    "fake-credit-record": [("service", "loan", "pay phone secret"), ("official", "loan", "pay")],
    "fake-boss-or-relative": [("known", "help", "pay secret")],
    "online-romance": [("online", "invest", "pay"), ("online", "help", "pay"), ("online", "parcel", "pay")],
    "fake-loan": [("other", "loan", "first phone"), ("service", "loan", "first phone")],
    "game-trading": [("online", "trade", "first phone"), ("seller", "trade", "pay first")],
    "screen-sharing": [("service", "refund", "phone code"), ("official", "account", "phone secret")],
    "ai-face-and-voice": [("known", "help", "pay"), ("known", "help", "pay secret code")],
    "campus-loan": [("service", "loan", "phone pay"), ("service", "loan", "pay secret")],
    "money-mules": [("other", "cards", ""), ("coach", "cards", "secret"), ("online", "cards", "code")],
    "elderly-health-products": [("coach", "health", "pay"), ("seller", "health", "pay secret")],
    "jobs-abroad": [("coach", "job", "secret"), ("known", "job", "")],
    "parcels-cash-on-delivery": [("service", "parcel", "pay"), ("other", "parcel", "pay phone")],
    "lottery-prize": [("other", "prize", "first"), ("service", "prize", "first phone")],
    "asset-unfreezing": [("coach", "prize", "first secret phone"), ("known", "invest", "first secret")],
    "nude-chat-blackmail": [("online", "threat", "pay phone"), ("other", "threat", "pay secret")],
    "fake-military-orders": [("official", "trade", "pay"), ("seller", "trade", "pay secret")],
    "tax-refund-and-social-security-texts": [("official", "refund", "phone code"), ("official", "account", "phone")],
    "qr-codes": [("other", "prize", "phone"), ("other", "other", "phone"), ("seller", "parcel", "phone")],
    "fake-cancel-service": [("service", "cancel", "phone secret"), ("service", "cancel", "pay phone code")],
    "flight-changes": [("service", "refund", "phone code first"), ("service", "refund", "pay phone")],
}  # fmt: skip


def said(who: str, what: str, yes: str) -> dict[str, str]:
    return {"who": who, "what": what, **CALM, **dict.fromkeys(yes.split(), "yes")}


@pytest.mark.parametrize("guide", SCRIPTS)
def test_the_script_of_each_guide_leads_to_it(guide: str) -> None:
    for script in SCRIPTS[guide]:
        verdict = judge(CHECK, said(*script))
        assert guide in [one.guide for one in verdict.guides], script
        assert verdict.level in ("stop", "verify") or guide == "jobs-abroad", script


def test_a_table_stands_for_every_guide_and_most_scripts_say_stop() -> None:
    assert set(SCRIPTS) == {one.guide for one in CHECK.guides}
    levels = [judge(CHECK, said(*script)).level for scripts in SCRIPTS.values() for script in scripts]
    assert levels.count("stop") >= len(levels) * 3 / 4


def test_seven_questions_two_of_them_choices() -> None:
    assert [len(question.answers) > 0 for question in CHECK.questions] == [True, True] + [False] * 5


class TestVerdict:
    def test_nothing_found_needs_every_question_answered(self) -> None:
        calm = said("seller", "other", "")
        assert judge(CHECK, calm).level == "nothing"
        assert judge(CHECK, {**calm, "pay": "unsure"}).level == "verify"
        del calm["pay"]
        verdict = judge(CHECK, calm)
        assert (verdict.level, verdict.open, verdict.signs) == ("verify", True, ())

    @pytest.mark.parametrize("yes", ["first", "code"])
    def test_some_signs_are_enough_by_themselves(self, yes: str) -> None:
        assert judge(CHECK, {yes: "yes"}).level == "stop"
        assert CHECK.alone(CHECK.by_code[yes]) == ("yes",)

    def test_one_small_sign_asks_to_verify_and_two_say_stop(self) -> None:
        assert judge(CHECK, said("seller", "trade", "pay")).level == "verify"
        assert judge(CHECK, said("seller", "trade", "pay secret")).level == "stop"
        assert judge(replace(CHECK, enough=3), said("seller", "trade", "pay secret")).level == "verify"

    def test_a_sign_that_says_it_better_hides_the_other(self) -> None:
        signs = [sign.code for sign in judge(CHECK, said("official", "case", "pay secret")).signs]
        assert signs == ["official-pay", "secret-case"]

    def test_a_relative_in_need_is_to_be_called_and_not_called_a_fraud(self) -> None:
        verdict = judge(CHECK, said("known", "help", "pay"))
        assert (verdict.level, [sign.code for sign in verdict.signs]) == ("verify", ["relative-pay"])

    def test_police_who_ask_for_nothing_are_no_fraud(self) -> None:
        assert judge(CHECK, said("official", "other", "")).level == "nothing"

    def test_a_further_yes_never_makes_it_less_grave(self) -> None:
        grave = {"nothing": 0, "verify": 1, "stop": 2}
        names = tuple(CHECK.by_code)
        every = product(CHECK.by_code["who"].codes, CHECK.by_code["what"].codes, *[("yes", "no")] * (len(names) - 2))
        found = {given: grave[judge(CHECK, dict(zip(names, given, strict=True))).level] for given in every}
        for given, level in found.items():
            further = [(*given[:at], "yes", *given[at + 1 :]) for at in range(2, len(names))]
            assert all(found[one] >= level for one in further), given

    @pytest.mark.parametrize("who", CHECK.by_code["who"].codes)
    def test_where_nothing_tells_no_scam_far_off_is_named(self, who: str) -> None:
        unclear = dict.fromkeys(CHECK.by_code, "unsure") | {"who": who}
        assert judge(CHECK, unclear).guides == ()
        named = judge(CHECK, unclear | {"what": "parcel"}).guides
        assert "parcels-cash-on-delivery" in [one.guide for one in named]
        assert {one.guide for one in judge(CHECK, unclear | {"what": "other"}).guides} <= {"online-romance"}

    def test_only_known_answers_are_read(self) -> None:
        sent = {"who": "official", "pay": "maybe", "name": "x", "what": "", "code": "yes"}
        assert readable(CHECK, sent) == {"who": "official", "code": "yes"}


FAULTS = {
    "  - code: pay-first\n": ("  - code: code\n", "sign code 'code' is taken in line"),
    "when: {first:": ("when: {frist:", "'when' names 'frist', which is no question: who, what, pay"),
    "when: {what: [threat]}": ("when: {what: [threats]}", "'when': 'what' has no answer 'threats', only case"),
    "replaces: [secret, case]": ("replaces: [secrets]", "'replaces' names 'secrets', which is no other sign"),
    "enough: 2": ("enough: 0", "'enough' must be 1 or more"),
    "weight: 2": ("weight: 10", "'weight' must be 1 to 9"),
    "guide: fake-refund": ("guide: fake-police", "guide 'fake-police' already stands in line"),
    "    level: stop\n": ("    level: stopp\n", "'level' is 'stopp', must be one of stop, verify"),
    "when: {code: [\"yes\"]}": ("when: {}", "'when' names no question"),
    "{zh: 不清楚, en: Not sure}": ("{zh: 不清楚}", "text in 'en' is missing"),
}  # fmt: skip


@pytest.mark.parametrize("written", FAULTS)
def test_a_fault_is_told_with_its_line(folder: Path, written: str) -> None:
    text = (FOLDER / FILE).read_text(encoding="utf-8")
    wrong, message = FAULTS[written]
    assert written in text
    (folder / FILE).write_text(text.replace(written, wrong, 1), encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load(folder)
    assert re.search(rf"{FILE}:\d+:\d+: {re.escape(message)}", str(caught.value)), str(caught.value)


def test_a_folder_without_the_file_has_no_self_check(folder: Path) -> None:
    assert load(folder).scam_check is None


def test_every_guide_that_is_named_is_a_page() -> None:
    for language in ("zh", "en"):
        for one in CHECK.guides:
            assert (ROOT / "content" / language / "guides" / f"{one.guide}.md").is_file(), one.place


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_handbook_explains_every_key(language: str) -> None:
    written = (ROOT / f"content/{language}/handbook/definitions.md").read_text(encoding="utf-8")
    keys = {item.name for kind in (ScamCheck, Ask, Answer, Sign, Guide, Verdicts, Advice) for item in fields(kind)}
    assert keys - {"place"} <= set(re.findall(r"`([a-z_]+)`", written))
