"""What the caller reads out before the questions, in the resident's language, and what the desk says to the caller."""

from collections.abc import Mapping

from flask_babel import lazy_gettext

from surveys.calls import Outcome
from surveys.definition import Survey, Text, Unit

OUTCOMES: Mapping[Outcome, object] = {
    "answered": lazy_gettext("answered"),
    "refused": lazy_gettext("refused"),
    "not-reached": lazy_gettext("not reached"),
}
DONE: Mapping[str, object] = {
    "answered": lazy_gettext("The answers are stored. Here is the form for the next call."),
    "refused": lazy_gettext("Taken down: refused. Here is the form for the next call."),
    "not-reached": lazy_gettext("Taken down: not reached. Here is the form for the next call."),
    "before": lazy_gettext("This form was taken down before; nothing was counted twice."),
}
REASONS: Mapping[str, object] = {
    "survey": lazy_gettext("This survey is not asked any more: choose another one."),
    "unit": lazy_gettext("Calls about this unit are for somebody of another one: choose another unit."),
    "nothing": lazy_gettext("Nothing was answered: key an answer, or say how the call ended."),
}
_SPOKEN: tuple[Text, ...] = (
    Text(
        zh="您好。我们想听听您对{unit}的意见，大约 {minutes} 分钟。您现在方便吗？",
        en="Hello. We would like to hear what you think of {unit}. It takes about {minutes} min. Is this a good time?",
    ),
    Text(
        zh="我们不问钱，不问密码和验证码，也不会让您转账。您可以先挂断，打单位公开的电话，问一问有没有这件事。",
        en="We never ask about money, passwords or codes, and never for a transfer. "
        "You may hang up, call the office's published number and ask whether this call is genuine.",
    ),
    Text(
        zh="您说的不记名，不和您的电话号码放在一起。哪一题不想答，就说“不答”。什么时候都可以停。",
        en="Your answers carry no name and are not kept with your number. "
        "Say so if you would rather skip a question, and stop whenever you like.",
    ),
)
_THANKS = Text(zh="问完了，谢谢您。再见。", en="That was all. Thank you, goodbye.")


def opening(survey: Survey, unit: Unit, language: str) -> list[str]:
    """The sentences before the first question."""
    own = [text[language].format(unit=unit.name[language], minutes=survey.minutes) for text in _SPOKEN]
    return [*own, survey.intro[language]]


def closing(language: str) -> str:
    """The sentence after the last question."""
    return _THANKS[language]
