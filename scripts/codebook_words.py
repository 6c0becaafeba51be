"""What the codes of the published tables mean, in every language: the words of codebook and workbook."""
# ruff: noqa: E501  (a text stays on one line, so that it can be found and compared)

from collections.abc import Iterator, Mapping

from surveys.indicators import WITHIN_WORKDAYS
from surveys.yaml_reading import Text

STATUSES: Mapping[str, tuple[Text, Text]] = {
    "shown": (
        Text(zh="已公布", en="published"),
        Text(zh="这一行的数都公布。", en="All figures of the row are published."),
    ),
    "merged": (
        Text(zh="并入“其他”", en="merged into “Other”"),
        Text(zh="人数少的单位和别的单位合成一行“其他”，免得有人用总数一减就看出来。", en="Units that few people rated share the row “Other”, so that nobody finds them by subtracting from the total."),
    ),
    "hidden": (
        Text(zh="人数少，不公布", en="few people, not published"),
        Text(zh="答的不到 10 人，或者不到 30 人而且几乎都选了同一边。公布了就可能看出某个人选了什么。", en="Fewer than 10 answered, or fewer than 30 who nearly all chose the same side. Publishing it might show what somebody chose."),
    ),
    "sealed": (
        Text(zh="不公布", en="not published"),
        Text(zh="多少人答了，本身就会透露别处不公布的结果，所以总数也不公布。", en="How many answered would by itself tell what is kept back elsewhere, so not even the total is published."),
    ),
    "internal": (
        Text(zh="内部", en="internal"),
        Text(zh="披露控制以前的数，只给审计用，不公布。", en="Before disclosure control, for auditors only, not published."),
    ),
}  # fmt: skip
SIGNS: Mapping[str, tuple[Text, Text]] = {
    "indicative": (
        Text(zh="参考", en="indicative"),
        Text(zh="10 到 29 人，只给误差范围，不给百分比。", en="10 to 29 people: an interval and no percentage."),
    ),
    "dash": (
        Text(zh="—", en="—"),
        Text(zh="没有人答，或者人数不够，或者这一项不适用。", en="Nobody answered, or too few for this figure, or it does not apply."),
    ),
}  # fmt: skip
UNITS_TOGETHER: Mapping[str, Text] = {
    "all": Text(zh="全部单位", en="All units"),
    "other": Text(zh="其他", en="Other"),
    "": Text(zh="还没有单位", en="No unit yet"),
}
REASONS: Mapping[str, Text] = {
    "all": Text(zh="全部理由", en="All reasons"),
    "flood": Text(zh="短时间大量涌入", en="A flood in one day"),
    "duplicate": Text(zh="选项和文字都一样的重复答卷", en="Duplicates, the same in choices and words"),
    "imported-twice": Text(zh="同一批导入了两次", en="Brought in twice"),
    "wrong-unit": Text(zh="录错了单位", en="Entered for the wrong unit"),
    "test-entry": Text(zh="试填", en="Test entries"),
}
BASES: Mapping[str, Text] = {
    "card": Text(zh="凭回音卡", en="with a one-time card"),
    "assisted": Text(zh="由工作人员帮助填写", en="with the help of staff"),
    "imported": Text(zh="从别处导入", en="brought in from elsewhere"),
    "open": Text(zh="网上任何人都能填，未核实", en="on the web by anybody, not verified"),
}
KINDS: Mapping[str, Text] = {
    "scale": Text(zh="打分", en="rating"),
    "single": Text(zh="单选", en="one option"),
    "multiple": Text(zh="多选", en="several options"),
    "number": Text(zh="填数字", en="number"),
    "text": Text(zh="写文字", en="free text"),
    "date": Text(zh="填日期", en="date"),
    "statement": Text(zh="说明", en="statement"),
}
COUNTS: Mapping[str, Text] = {
    "satisfied": Text(zh="算满意", en="satisfied"),
    "wide": Text(zh="只算进“含基本满意”", en="in the wide rate only"),
    "neutral": Text(zh="不算满意，也不算不满意", en="neither"),
    "dissatisfied": Text(zh="算不满意", en="dissatisfied"),
}
EXTENSION_REASONS: Mapping[str, Text] = {
    "inquiry": Text(zh="情况还在查", en="What happened is still being looked into"),
    "others": Text(zh="要等别的部门先答复", en="Another office has to answer first"),
    "expert": Text(zh="要等鉴定或检测结果", en="An expert's finding or a test is awaited"),
    "supplies": Text(zh="要等配件或材料", en="Parts or material are awaited"),
    "works": Text(zh="现场施工要更多时间，或者要等天气", en="Work on site takes longer, or the weather stops it"),
    "funds": Text(zh="要等经费批下来", en="The money has to be granted first"),
    "presence": Text(zh="必须到场的人暂时来不了", en="Somebody who must be there cannot come yet"),
    "other": Text(zh="其他理由，见事项页面上的说明", en="Another reason, told on the page of the case"),
}
_TIMES = (
    ("reply", "到第一次答复", "To the first reply"),
    ("outcome", "到有结果", "To an outcome"),
    ("closing", "到销号", "To the close"),
)


def _durations(name: str, zh: str, en: str) -> Iterator[tuple[str, Text]]:
    """How many were there within so many working days; of the two percentiles the days themselves stand as the whole."""
    for days in WITHIN_WORKDAYS:
        yield f"{name}_within_{days}", Text(zh=f"{zh}：{days} 个工作日内", en=f"{en}: within {days} working days")
    yield f"{name}_not_yet", Text(zh=f"{zh}：还没有", en=f"{en}: not yet")
    yield (
        f"{name}_median",
        Text(
            zh=f"{zh}：一半不超过几个工作日，空着是尚未达到",
            en=f"{en}: working days that half took at most, empty if not reached",
        ),
    )
    yield (
        f"{name}_ninetieth",
        Text(
            zh=f"{zh}：九成不超过几个工作日，空着是尚未达到",
            en=f"{en}: working days that 9 of 10 took at most, empty if not reached",
        ),
    )


CASE_FIGURES: Mapping[str, Text] = {
    "first_reply_on_time": Text(zh="首次答复及时", en="First reply on time"),
    "closed_on_time": Text(zh="按原期限办结", en="Closed on time, original limit"),
    "closed_on_time_extended": Text(zh="按延期后的期限办结", en="Closed on time, extended limit"),
    "extended": Text(zh="延期", en="Extended"),
    "resolved_confirmed": Text(zh="本人确认解决", en="Resolved, confirmed by the resident"),
    "resolved_claimed": Text(zh="单位说已解决", en="Resolved, claimed by the unit"),
    "on_the_spot": Text(zh="现场解决", en="Solved on the spot"),
    "by_date": Text(zh="限期解决", en="Solved by a date"),
    "explained": Text(zh="解释说明", en="Explained"),
    "transferred": Text(zh="转办", en="Transferred"),
    "declined": Text(zh="不予受理", en="Declined"),
    "called_back": Text(zh="回访", en="Called back"),
    "called_back_next_day": Text(zh="次个工作日内回访", en="Called back by the next working day"),
    "callback_satisfaction": Text(zh="回访满意", en="Satisfied at the callback"),
    "reopened": Text(zh="30 天内重开", en="Reopened within 30 days"),
    "adopted": Text(zh="建议采纳", en="Suggestions adopted"),
    "not_reached": Text(zh="三次没有联系上", en="Not reached after 3 tries"),
    "no_contact": Text(zh="没有留联系方式", en="No contact given"),
    "answered_herself": Text(zh="自己在网上回答", en="Answered on the web"),
    "overdue": Text(zh="月末逾期", en="Overdue at the end"),
    "balance_start": Text(zh="月初没办完", en="Open at the start"),
    "balance_received": Text(zh="收到", en="Received"),
    "balance_reopened": Text(zh="重新打开", en="Reopened, parted again or taken up again"),
    "balance_closed": Text(zh="销号", en="Closed"),
    "balance_withdrawn": Text(zh="撤回", en="Withdrawn"),
    "balance_merged": Text(zh="合并", en="Merged"),
    "balance_declined": Text(zh="不予受理", en="Declined"),
    "balance_transferred": Text(zh="转办", en="Transferred"),
    "balance_end": Text(zh="月末没办完", en="Open at the end"),
    "follow_up_received": Text(zh="评价后要求答复：收到", en="Follow-ups to a rating: received"),
    "follow_up_called": Text(zh="评价后要求答复：联系上", en="Follow-ups to a rating: called back"),
    "follow_up_claimed": Text(
        zh="评价后要求答复：单位说已解决", en="Follow-ups to a rating: resolved, claimed by the unit"
    ),
    "follow_up_confirmed": Text(
        zh="评价后要求答复：本人确认解决", en="Follow-ups to a rating: resolved, confirmed by the resident"
    ),
    **{
        f"extended_for_{reason}": Text(zh=f"本月延期的理由：{text['zh']}", en=f"Reason for extending: {text['en']}")
        for reason, text in EXTENSION_REASONS.items()
    },
    **{code: text for name, zh, en in _TIMES for code, text in _durations(name, zh, en)},
}
