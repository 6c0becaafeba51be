"""The words of a report's part on reply cards, in every language."""
# ruff: noqa: E501  (a sentence stays on one line, so that it can be found and compared)

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "cards_head": "回音卡",
        "cards_caption": "到月底为止的回音卡，按问卷",
        "cards_batches_caption": "这个月发过、用过、作废过的批次",
        "cards_batches_none": "这个月没有发卡、用卡、作废的批次。",
        "cards_survey": "问卷",
        "cards_batch": "批次",
        "cards_issued": "发出",
        "cards_used": "用过",
        "cards_void": "作废",
        "cards_rate": "参评率",
        "cards_batch_name": "{batch}，{day} 发，{unit}",
        "cards_why": "一张卡答一次。参评率是用过的除以没有作废的，30 张以上才算。每一批的数字在下载的 `cards.csv` 里。",
        "cards_since": "“{survey}”从 {day} 起发卡。从那个月起，评价的表里只算这些：{bases}。没有卡的网页答卷单独列在“未核实”里，所以和以前各月不能直接比。",
        "cards_bounds": "“{question}”：到月底，没有作废的卡 {offered} 张，{n} 张打了分，另外 {silent} 张没有回音。没有回音的就算全都不选“{best}”“{good}”，比例也不低于 {low}；就算全都选，也不高于 {high}。",
        "cards_finite": "打分的卡占 {answered}，不少于一半，所以只就这 {offered} 张卡来算，选“{best}”或“{good}”的比例的误差范围是 {interval}。",
        "unverified_open": "未核实",
        "unverified_open_caption": "未核实的答卷，全部单位",
        "unverified_open_note": "下面这些答卷是：{bases}。没有用回音卡，谁都可以交，所以不算进上面的表，单独列在这里，规则相同。",
        "file_cards": "回音卡，每一批一行",
    },
    "en": {
        "cards_head": "Reply cards",
        "cards_caption": "Reply cards by the month's end, by survey",
        "cards_batches_caption": "Batches that were issued, used or made void in this month",
        "cards_batches_none": "No batch was issued, used or made void in this month.",
        "cards_survey": "Survey",
        "cards_batch": "Batch",
        "cards_issued": "Issued",
        "cards_used": "Used",
        "cards_void": "Void",
        "cards_rate": "Response rate",
        "cards_batch_name": "{batch}, issued on {day}, {unit}",
        "cards_why": "A card answers once. The response rate is the used cards out of those that are not void, from 30 on. The figures of every batch stand in `cards.csv` among the downloads.",
        "cards_since": "“{survey}” has issued cards since {day}. From that month on the tables of ratings hold these alone: {bases}. Responses on the web without a card stand under “Unverified”, so earlier months cannot be compared directly.",
        "cards_bounds": "“{question}”: by the month's end {offered} cards were not void, {n} of them rated, and {silent} were silent. Even if none of the silent would choose “{best}” or “{good}”, the share is at least {low}; even if all would, at most {high}.",
        "cards_finite": "{answered} of the cards rated, which is at least half. Reckoned for these {offered} cards alone, the interval of the share of “{best}” and “{good}” is {interval}.",
        "unverified_open": "Unverified",
        "unverified_open_caption": "Unverified responses, all units",
        "unverified_open_note": "These responses are: {bases}. They came without a reply card and anybody can send them, so they are kept out of the tables above and stand here under the same rules.",
        "file_cards": "reply cards, a row for each batch",
    },
}
