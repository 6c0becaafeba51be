"""What the store holds about people, table by table: why, how long, and who sees it."""

from collections.abc import Mapping
from dataclasses import dataclass

from surveys.backup_rotation import LONGEST_DAYS
from surveys.case_limits import CONTACT_DAYS, TEXT_DAYS
from surveys.paper_ends import KEEP_DAYS as PAPER_DAYS
from surveys.sessions import LONGEST
from surveys.themes import KEEP_DAYS as WORDS_DAYS

Text = Mapping[str, str]


@dataclass(frozen=True)
class Holding:
    """Some tables that hold the same sort of thing; `personal` says whether it may lead to a resident."""

    tables: tuple[str, ...]
    what: Text
    why: Text
    kept: Text
    seen: Text
    personal: bool = False


def _text(zh: str, en: str) -> Text:
    return {"zh": zh, "en": en}


_COUNTED = _text("一直留着", "kept for good")
_HOURS = int(LONGEST.total_seconds() // 3600)
HOLDINGS: tuple[Holding, ...] = (
    Holding(
        ("responses",),
        _text("答卷：选了什么，哪个单位，哪一天，哪种途径", "answer sets: what was chosen, unit, day, how it came"),
        _text("算满意率", "to reckon the figures"),
        _COUNTED,
        _text("没有人看单份；只统计", "nobody looks at one; they are counted"),
    ),
    Holding(
        ("response_texts", "text_themes"),
        _text("随答卷写的话，归了哪些类", "words written with a rating, and their themes"),
        _text("知道为什么不满意", "to learn why somebody is not satisfied"),
        _text(f"月份结束 {WORDS_DAYS} 天以后删除，类别留着", f"{WORDS_DAYS} days after the month ended; themes stay"),
        _text("发布岗，遮住号码，看不到打分、单位和日期", "a publisher, numbers masked, without rating, unit and day"),
        personal=True,
    ),
    Holding(
        ("cases", "case_events", "case_board"),
        _text("事项：种类、单位、到了哪一步、哪一天，代码", "cases: kind, unit, steps and days, in codes"),
        _text("按期办理，对得上账", "to keep limits and to account for them"),
        _COUNTED,
        _text(
            "经办的岗位；公众只看到编号、单位和超期几天",
            "those at work on it; the public sees number, unit and days late",
        ),
    ),
    Holding(
        ("case_texts", "case_photos"),
        _text("事项里写的话和照片", "words and photos of a case"),
        _text("办理", "to deal with it"),
        _text(
            f"结束 {TEXT_DAYS} 天以后删除；本人同意公布的除外",
            f"{TEXT_DAYS} days after it ended; what the resident agreed to publish stays",
        ),
        _text("受理、承办单位、复核", "intake, the unit at work on it, reviewers"),
        personal=True,
    ),
    Holding(
        ("case_contacts", "case_handed_contacts"),
        _text("愿意留下的联系方式，加密", "a contact that was left, sealed"),
        _text("回访，上门，送证件", "to call back, to visit, to bring papers"),
        _text(f"结束 {CONTACT_DAYS} 天以后删除", f"{CONTACT_DAYS} days after the case ended"),
        _text("复核岗；本人同意的，还有那个单位", "reviewers; the unit that the resident named, if she did"),
        personal=True,
    ),
    Holding(
        ("case_feeds",),
        _text("订阅网址的校验值", "a check value of a feed's address"),
        _text("让本人收到进度", "to tell the resident how it goes"),
        _text("关掉或者事项的文字删除时", "until it is switched off, or the words of the case go"),
        _text("没有人", "nobody"),
    ),
    Holding(
        ("cards", "card_batches", "card_uses", "card_voids"),
        _text(
            "没用过的卡号和密码的校验值，每批用了几张",
            "numbers and check values of unused cards, and counts of batches",
        ),
        _text("一张卡只答一次", "so that a card answers once"),
        _text("用掉的那一刻删掉卡，留下计数", "a card goes when it is used; counts stay"),
        _text("没有人看卡号", "nobody looks at numbers"),
    ),
    Holding(
        ("paper_batches", "paper_seats", "paper_sheets", "paper_settled", "paper_outcomes"),
        _text("录入中的纸质答卷", "paper forms while they are keyed"),
        _text("两个人各录一遍，防止录错", "so that two people key them and mistakes show"),
        _text(f"整批存好就删；没有存的 {PAPER_DAYS} 天以后删", f"until the batch is stored, or {PAPER_DAYS} days"),
        _text("录入的两个人", "the two who key"),
        personal=True,
    ),
    Holding(
        ("phone_calls",),
        _text("拒访和未接通的电话：问卷、单位、月份", "calls that were refused or not reached: survey, unit, month"),
        _text("报告打了多少", "to report how many were made"),
        _COUNTED,
        _text("只统计", "counted only"),
    ),
    Holding(
        ("staff", "staff_recovery", "staff_lockers", "staff_sessions", "staff_tries"),
        _text(
            "工作人员的账号、角色、密码的校验值、登录", "accounts of staff, roles, check values of passwords, sessions"
        ),
        _text("只让该看的人看", "so that only those see who should"),
        _text(f"账号一直留着；登录最长 {_HOURS} 小时", f"accounts for good; sessions {_HOURS} hours at most"),
        _text("管理岗", "admins"),
    ),
    Holding(
        ("audit",),
        _text("谁在什么时候做了什么，代码，没有文字", "who did what and when, in codes, without words"),
        _text("事后查得清", "so that it can be looked into afterwards"),
        _COUNTED,
        _text("审计岗", "auditors"),
    ),
    Holding(
        (
            *("declared", "corrections", "closed_periods", "page_votes", "survey_openings", "reply_templates"),
            *("exclusion_batches", "exclusion_members", "exclusion_decisions"),
        ),
        _text(
            "单位自报的数、更正、票数、开放和剔除的记录",
            "declared figures, corrections, votes on pages, openings, exclusions",
        ),
        _text("对公众交代", "to account to the public"),
        _COUNTED,
        _text("发布岗、审计岗", "publishers and auditors"),
    ),
)
BACKUP_DAYS = LONGEST_DAYS
"""Days after which a backup is deleted; what was deleted in the store lives on in older ones until then."""
